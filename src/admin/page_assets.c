/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page's style and script. Their hashes stand in page_policy, so that a
 * browser runs these and nothing else; a unit test says the new ones after a
 * change.
 */
#include "admin/page.h"

// clang-format off
static const char style[] =
":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1a2027;--dim:#5b6673;--line:#dde2e8;--up:#0a7a3d;--slow:#8a5a00;"
"--bad:#b3261e;--blue:#1f5fbf;--well:#e3f4ea;--degraded:#fdf0d5;--failing:#fbe3e1}"
"@media(prefers-color-scheme:dark){:root{--bg:#12161b;--card:#1a2027;--ink:#e6eaef;--dim:#9aa6b2;--line:#2c353f;--up:#5fd08e;"
"--slow:#f0b752;--bad:#ff8f85;--blue:#82b1ff;--well:#173024;--degraded:#3a2d10;--failing:#431c19}}"
"*{box-sizing:border-box}"
"body{margin:0 auto;max-width:1280px;padding:0 1rem 2rem;background:var(--bg);color:var(--ink);"
"font:15px/1.45 system-ui,\"Noto Sans\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif;font-variant-numeric:tabular-nums}"
"header{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline;padding:1rem 0 .6rem}"
"h1{font-size:1.15rem;margin:0}h1 small,.dim{color:var(--dim);font-weight:400}"
"h2{font-size:1rem;margin:1.4rem 0 .4rem}h2 small{font-weight:400;color:var(--dim);margin-left:.4rem}"
"#verdict{border-radius:8px;padding:.8rem 1rem;font-size:1.1rem;margin:0}#verdict b{text-transform:capitalize}"
".v-well{background:var(--well)}.v-degraded{background:var(--degraded)}.v-failing{background:var(--failing)}"
"dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;margin:.8rem 0}"
"dl div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.5rem .8rem}"
"dt{color:var(--dim);font-size:.85rem}dd{margin:0;font-size:1.35rem}"
".wrap{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}"
"table{border-collapse:collapse;width:100%}th,td{padding:.32rem .6rem;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}"
"thead th{border-top:0;color:var(--dim);font-weight:500;font-size:.85rem}"
"tbody th{font-weight:600}th:first-child,td.l,th.l{text-align:left}tfoot td,tfoot th{font-weight:400;color:var(--dim)}"
"td.c{min-width:10rem}td.c,tbody th{white-space:normal}"
"@media(min-width:1100px){.t{table-layout:fixed}.t th:nth-child(1){width:16%}.t th:nth-child(2){width:10%}.t th:nth-child(3){width:6%}"
".t th:nth-child(n+4):nth-child(-n+8){width:5.5%}.t th:nth-child(9){width:10%}.t th:nth-child(10){width:5%}.t th:nth-child(11){width:17%}}"
"small{font-size:.82rem;color:var(--dim);font-weight:400}.g{display:inline-block;width:1.2em;text-align:center}"
".up{color:var(--up)}.slow{color:var(--slow)}.errors,.down{color:var(--bad);font-weight:600}.draining,.maintenance{color:var(--blue)}"
".no-check,.not-yet-checked{color:var(--dim)}"
"ul{margin:.4rem 0;padding-left:1.2rem}.note{border-left:4px solid var(--blue);padding:.3rem .8rem;margin:.6rem 0;background:var(--card)}"
".act{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;padding:.45rem .6rem;border-top:1px solid var(--line)}"
"select,button,input[type=search],input[type=number]{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--dim);border-radius:6px;padding:.2rem .5rem}"
"input[type=number]{width:5.5rem}a{color:var(--blue)}:focus-visible{outline:2px solid var(--blue);outline-offset:1px}"
"footer{margin-top:1.6rem;color:var(--dim);font-size:.85rem;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:center}"
".stale main{filter:grayscale(1);opacity:.55}#stale{color:var(--bad);font-weight:600}"
"@media(max-width:700px){body{padding:0 .5rem 1rem}}";

static const char script[] =
"(function(){var b=document.body,live=document.getElementById('live'),stale=document.getElementById('stale'),bad=0;"
"function all(d){return d.querySelectorAll('[data-k]')}"
"function ids(d){return Array.prototype.map.call(all(d),function(e){return e.dataset.k}).join()}"
"function same(o,f){if(o.outerHTML!==f.outerHTML)o.replaceWith(document.adoptNode(f))}"
"function row(o,f){for(var i=1,a=Array.from(o.cells),c=Array.from(f.cells);i<a.length;i++)same(a[i],c[i])}"
"function put(d){document.title=d.title;document.querySelector('link[rel=icon]').href=d.querySelector('link[rel=icon]').href;"
"if(ids(document)!==ids(d)){if(!document.querySelector('form.p:focus-within,input[name=s]:checked'))"
"document.querySelector('main').replaceWith(document.adoptNode(d.querySelector('main')));return}"
"var o=all(document),f=all(d);for(var k=0;k<o.length;k++)(o[k].cells?row:same)(o[k],f[k])}"
"function fail(){if(++bad<2)return;b.classList.add('stale');if(!stale.textContent)stale.textContent='No answer since '+new Date().toLocaleTimeString()+': these figures are old.'}"
"function look(){if(document.hidden||!live.checked)return;fetch(location.href.split('#')[0].replace(/;st=[A-Z]+/,''),{cache:'no-store',credentials:'same-origin'})"
".then(function(r){if(!r.ok)throw r;return r.text()}).then(function(t){bad=0;b.classList.remove('stale');stale.textContent='';"
"put(new DOMParser().parseFromString(t,'text/html'))}).catch(fail)}"
"document.getElementById('islive').hidden=false;live.checked=b.dataset.live==='1';setInterval(look,b.dataset.refresh*1000);"
"document.addEventListener('visibilitychange',look);"
"document.addEventListener('submit',function(e){var f=e.target,a=f.elements.action;if(!a)return;"
"var s=f.querySelectorAll('input[name=s]:checked'),u=+f.dataset.usable,t=0,m=a.value;"
"for(var k=0;k<s.length;k++)t+=s[k].dataset.u==='1'?1:0;"
"if(!s.length||!m){e.preventDefault();alert(s.length?'Choose what to do first.':'Tick a server first.');return}"
"if((m==='maint'||m==='drain'||m==='hdown')&&t&&t>=u&&!confirm('This leaves '+f.dataset.pool+' without a usable server: its requests will fail. Do it?'))e.preventDefault()})})();";
// clang-format on

struct span page_style(void)
{
    return span_of(style, sizeof(style) - 1);
}

struct span page_script(void)
{
    return span_of(script, sizeof(script) - 1);
}

struct span page_policy(void)
{
    return SPAN("default-src 'none'; script-src 'sha256-35SNgjMgww63Rd3ZbX+7bpMsUK/S8moeICRdrSs9nS4='; "
                "style-src 'sha256-f5/ZOvjZY2QulZYQpOKbIJSEiLA76NKecg16jCFiwWU='; connect-src 'self'; "
                "img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
}
