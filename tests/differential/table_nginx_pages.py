# SPDX-License-Identifier: Apache-2.0
"""nginx's language: what is shown instead of an answer, and which of several blocks decides: error_page, if, try_files, return."""
from compare import Ask, Group
from table_nginx import SITE, UP, server

REDIRECTS = (301, 302, 303, 307, 308)

GROUPS = [
    Group("nginx/error_page of redirects", "error_page", server("\n".join(f"""
        location /page/{n} {{ error_page {n} /404.html; return {n} /there; }}
        location /absolute/{n} {{ error_page {n} /404.html; return {n} http://other.example/x; }}
        location /ok/{n} {{ error_page {n} =200 /404.html; return {n} /there?a=b; }}
        location /now404/{n} {{ error_page {n} =404 /404.html; return {n} /there; }}
        location /named/{n} {{ error_page {n} @plain; return {n} /there; }}
        location /proxied/{n} {{ error_page {n} /origin/who; return {n} /there; }}
        location /from404/{n} {{ error_page 404 ={n} /moved-here; return 404; }}
        location /from404abs/{n} {{ error_page 404 ={n} http://other.example/$uri?x=1; return 404; }}
        location /from404named/{n} {{ error_page 404 ={n} @moved; return 404; }}
        location /url/{n} {{ error_page {n} http://other.example/instead; return {n} /there; }}""" for n in REDIRECTS) + """
        location = /404.html { root @dir@/html; }
        location /origin/ { proxy_pass http://up/; }
        location /moved-here { return 200 "moved here\\n"; }
        location @plain { return 200 "named\\n"; }
        location @moved { return 302 /by-name; }"""), [
        *[Ask(f"/{what}/{n}") for what in ("page", "absolute", "ok", "now404", "named", "proxied", "from404", "from404abs", "from404named", "url") for n in REDIRECTS],
        Ask("/page/301", "HEAD"), Ask("/from404abs/301", "HEAD"), Ask("/page/301", "POST", body=b"x"), Ask("/page/301", version="1.0")], files=SITE),

    Group("nginx/error_page to URLs", "error_page", server("""
        root @dir@/html;
        location /rel { error_page 404 other.html; return 404; }
        location /https { error_page 404 https://$host/elsewhere$uri?$args; return 404; }
        location /scheme { error_page 404 $scheme://$host/s; return 404; }
        location /ftp { error_page 404 ftp://example.org/x; return 404; }
        location /eq { error_page 404 = http://other.example/eq; return 404; }
        location /eq200 { error_page 404 =200 http://other.example/eq200; return 404; }
        location /eq404 { error_page 403 =404 http://other.example/; return 403; }
        location /eq301 { error_page 404 =301 http://other.example/; return 404; }
        location /eq308 { error_page 404 =308 http://other.example/; return 404; }
        location /eq303 { error_page 404 =303 http://other.example/; return 404; }
        location /eq301rel { error_page 404 =301 other.html; return 404; }
        location /var { set $to /404.html; error_page 404 $to; return 404; }
        location /varurl { set $to http://other.example/v; error_page 404 $to; return 404; }
        location /varnamed { set $to @named; error_page 404 $to; return 404; }
        location /empty { set $to ""; error_page 404 $to; return 404; }
        location /args { error_page 404 /echo?from=$uri&$args; return 404; }
        location /echo { proxy_pass http://up; }
        location /up { error_page 502 =200 http://other.example/down; proxy_pass http://127.0.0.1:@closed@; }
        location /icept/ { proxy_intercept_errors on; error_page 301 302 303 307 308 /404.html; error_page 404 http://other.example/; error_page 503 =301 http://other.example/; proxy_pass http://up/; }
        location @named { return 200 named; }"""), [
        *[Ask(p) for p in ("/rel", "/https/a%20b?c=d", "/scheme", "/ftp", "/eq", "/eq200", "/eq404", "/eq301", "/eq308", "/eq303", "/eq301rel", "/var", "/varurl", "/args?a=b", "/up",
                           "/icept/status/404", "/icept/status/503", "/icept/redirect/301?to=/x", "/icept/fields?Location=/y")],
        Ask("/varnamed"), Ask("/empty", differs="an empty Location leads nowhere, and is not sent"),
        Ask("/args?a=b", "POST", body=b"x=y"), Ask("/args", "HEAD"), Ask("/eq301", "HEAD"), Ask("/eq301", version="1.0")], files=SITE),

    Group("nginx/error_page of pages", "error_page", server("""
        root @dir@/html;
        error_page 404 /404.html; error_page 403 @denied; error_page 500 502 503 504 /50x.html; error_page 405 =200 $uri; error_page 413 /big; error_page 401 /login;
        location / { try_files $uri $uri/ =404; }
        location /own { error_page 404 /a.txt; return 404; }
        location /none { error_page 500 /50x.html; return 404; }
        location /inner { error_page 404 /gone; return 404; }
        location /gone { return 410; }
        location /rec { recursive_error_pages on; error_page 404 /gone2; return 404; }
        location /gone2 { recursive_error_pages on; error_page 410 =200 /a.txt; return 410; }
        location /norec { error_page 404 /gone3; return 404; }
        location /gone3 { error_page 410 =200 /a.txt; return 410; }
        location /same { error_page 404 =404 /a.txt; error_page 404 /404.html; return 404; }
        location /many { error_page 401 402 403 404 410 =202 /a.txt; return 410; }
        location /fifty { return 503; }
        location /body { return 404 "its own text"; }
        location /denied { deny all; }
        location /small { client_max_body_size 1; proxy_pass http://up; }
        location /big { return 200 "too big: $request_method $uri\\n"; }
        location /login { return 401; }
        location /auth { auth_basic who; auth_basic_user_file @dir@/users; proxy_pass http://up; }
        location /int { internal; error_page 404 /a.txt; }
        location /proxied { error_page 502 504 = @other; proxy_pass http://127.0.0.1:@closed@; }
        location @other { proxy_pass http://up; add_header X-From "$uri $status" always; }
        location @denied { add_header X-Denied $request_uri always; return 403 "denied $uri\\n"; }
        location /static { error_page 405 =200 $uri; alias @dir@/html/a.txt; }
        location /rewr { error_page 404 = @rw; return 404; }
        location @rw { rewrite ^/rewr(.*)$ /a.txt last; }
        location /rewrb { error_page 404 = @rwb; return 404; }
        location @rwb { rewrite ^/rewrb(.*)$ /echo$1 break; proxy_pass http://up; }"""), [
        *[Ask(p) for p in ("/nothing", "/a.txt", "/own", "/none", "/inner", "/rec", "/norec", "/same", "/many", "/fifty", "/body", "/denied", "/int", "/proxied/who", "/login", "/rewr/x", "/rewrb/x?y=z", "/empty/")],
        Ask("/nothing", "POST", body=b"x"), Ask("/a.txt", "POST", body=b"x"), Ask("/static", "POST", body=b"x"), Ask("/small", "POST", body=b"xyz"), Ask("/auth"), Ask("/nothing", "HEAD"), Ask("/nothing", "PUT", body=b"x"),
        Ask("/proxied/echo", "POST", body=b"payload"), Ask("/fifty", "DELETE"), Ask("/denied", "POST", body=b"q"), Ask("/rewrb/x", "POST", body=b"q")], files={**SITE, "users": "a:b\n"}),

    Group("nginx/if and what stands beside it", "if", server("""
        root @dir@/html; add_header X-Server s;
        location /ret { add_header X-Loc l; if ($arg_a) { add_header X-If i; } return 200 "ret\\n"; }
        location /ret404 { add_header X-Loc l always; if ($arg_a) { add_header X-If i always; } return 404; }
        location /retin { add_header X-Loc l; if ($arg_a) { add_header X-If i; return 200 "in\\n"; } return 200 "out\\n"; }
        location /retmoved { add_header X-Loc l; if ($arg_a) { add_header X-If i; } return 301 /x; }
        location /two { add_header X-Loc l; if ($arg_a) { add_header X-A a; } if ($arg_b) { add_header X-B b; } return 200 "two\\n"; }
        location /twofile/ { alias @dir@/html/; add_header X-Loc l; if ($arg_a) { add_header X-A a; } if ($arg_b) { add_header X-B b; } }
        location /proxy/ { add_header X-Loc l; if ($arg_a) { add_header X-If i; } proxy_pass http://up/; }
        location /proxyif/ { add_header X-Loc l; if ($arg_a) { add_header X-If i; proxy_pass http://up; } proxy_pass http://up/; }
        location /page { error_page 404 /404.html; if ($arg_a) { error_page 404 /a.txt; } return 404; }
        location /pagefile/ { error_page 404 /404.html; if ($arg_a) { error_page 404 /a.txt; } alias @dir@/nowhere/; }
        location /try/ { try_files /none /a.txt; if ($arg_a) { set $x 1; } }
        location /tryh/ { try_files /none /a.txt; if ($arg_a) { add_header X-If i; } }
        location /try404/ { try_files /none =404; if ($arg_a) { add_header X-If i always; } }
        location /trynamed/ { try_files /none @up; if ($arg_a) { add_header X-If i; } }
        location /tryproxy/ { try_files /none @up; if ($arg_a) { proxy_pass http://up; } }
        location @up { add_header X-Up u; proxy_pass http://up; }
        location /brk/ { alias @dir@/html/; if ($arg_a) { add_header X-If i; break; } rewrite ^ /other/x.txt; }
        location /expires/ { alias @dir@/html/; expires epoch; if ($arg_a) { expires max; } }
        location /root/ { if ($arg_a) { root @dir@; } }
        location /log/ { if ($arg_a) { access_log off; } return 204; }
        location /nested/ { location /nested/in { if ($arg_a) { add_header X-In i; } return 200 in; } if ($arg_a) { add_header X-Out o; } return 200 out; }
        location /limit { limit_rate 100k; if ($arg_a) { limit_rate 0; } return 200 l; }
        location /gz { gzip on; gzip_min_length 1; default_type text/html; if ($arg_a) { gzip off; } return 200 "gzip gzip gzip"; }
        location /set { set $v one; if ($arg_a) { set $v two; add_header X-V $v; } return 200 "$v\\n"; }
        location /rw { if ($arg_a) { rewrite ^ /set last; } if ($arg_b) { rewrite ^ /set?a=1 last; } return 200 "rw\\n"; }"""), [
        *[Ask(p + q) for p in ("/ret", "/ret404", "/retin", "/retmoved", "/two", "/twofile/a.txt", "/proxy/who", "/proxyif/who", "/page", "/pagefile/x", "/try/x", "/tryh/x", "/tryh/a.txt", "/try404/x", "/trynamed/who", "/tryproxy/who",
                               "/brk/a.txt", "/expires/a.txt", "/root/a.txt", "/nested/", "/nested/in", "/limit", "/set", "/rw") for q in ("", "?a=1")],
        Ask("/two?b=1"), Ask("/two?a=1&b=1"), Ask("/twofile/a.txt?b=1"), Ask("/twofile/a.txt?a=1&b=1"), Ask("/rw?b=1"), Ask("/gz", fields=[("Accept-Encoding", "gzip")]), Ask("/gz?a=1", fields=[("Accept-Encoding", "gzip")]),
        Ask("/ret?a=0"), Ask("/log/?a=1")], files={**SITE, "root/a.txt": "in root/\n"}),

    Group("nginx/paths after rewriting", "proxy_pass after rewrite", server("""
        rewrite ^/outer/(.*)$ /inner/$1 break;
        rewrite ^/olast/(.*)$ /inner/$1 last;
        rewrite ^/oplain/(.*)$ /inner/$1;
        location /inner/ { proxy_pass http://up/in/; }
        location /last/ { rewrite ^/last/(.*)$ /inner/$1 last; }
        location /plain/ { rewrite ^/plain/(.*)$ /inner/$1; }
        location /break/ { rewrite ^/break/(.*)$ /new/$1 break; proxy_pass http://up/replaced/; }
        location /breakno/ { rewrite ^/breakno/(.*)$ /new/$1 break; proxy_pass http://up; }
        location /breakmiss/ { rewrite ^/other/(.*)$ /new/$1 break; proxy_pass http://up/replaced/; }
        location /samecircle/ { rewrite ^/samecircle/(.*)$ /samecircle/x$1 last; proxy_pass http://up/; }
        location /page/ { error_page 404 /inner/from-page; return 404; }
        location /pagenamed/ { error_page 404 @named; return 404; }
        location @named { proxy_pass http://up; }
        location /index/ { index /inner/from-index; }
        location /try/ { try_files /nothing /inner/from-try?$args; }
        location /args/ { rewrite ^/args/(.*)$ /inner/$1?a=$1; }
        location /noargs/ { rewrite ^/noargs/(.*)$ /inner/$1?; }
        location /if/ { if ($arg_a) { rewrite ^/if/(.*)$ /new/$1 break; } proxy_pass http://up/replaced/; }
        location /ifset/ { set $x 1; if ($arg_a) { set $x 2; } proxy_set_header X-Was $x; proxy_pass http://up/replaced/; }
        location /cors/ { if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin *; return 204; } add_header X-Cors yes; proxy_pass http://up/api/; }
        location /upload/ { if ($http_x_forbid) { return 403; } client_max_body_size 10; proxy_pass http://up/; }"""), [
        *[Ask(f"/{p}/echo?q=1") for p in ("outer", "olast", "oplain", "inner", "last", "plain", "break", "breakno", "breakmiss", "samecircle", "page", "pagenamed", "try", "args", "noargs", "if", "ifset", "cors")],
        Ask("/index/"), Ask("/if/echo?a=1"), Ask("/ifset/echo?a=1"), Ask("/cors/echo", "OPTIONS"), Ask("/inner/a%20b%2fc"), Ask("/last/a%20b%2fc"), Ask("/break/a%20b%2fc"), Ask("/page/x", "POST", body=b"abc"), Ask("/pagenamed/x", "POST", body=b"abc"),
        Ask("/upload/echo", "POST", body=b"12345678901"), Ask("/upload/echo", "POST", body=b"1234"), Ask("/upload/echo", fields=[("X-Forbid", "1")])]),

    Group("nginx/try_files", "try_files", server("""
        root @dir@/html; index index.html;
        location / { try_files $uri $uri/ /fall?was=$uri; }
        location /fall { return 200 "fell $uri $args\n"; }
        location /up/ { try_files $uri @up; }
        location @up { proxy_pass http://up; }
        location /pass/ { root @dir@; try_files /html$uri /html/a.txt; proxy_pass http://up; }
        location /passuri/ { root @dir@; try_files /html/a.txt /nothing; proxy_pass http://up/replaced/; }
        location /passno/ { try_files /nothing @up; proxy_pass http://up/; }
        location /status/ { try_files /none =403; }
        location /status204/ { try_files /none =204; }
        location /status0/ { try_files $uri =200; }
        location /al/ { alias @dir@/other/; try_files $uri $uri/ =404; }
        location ~ ^/re/(.*)$ { try_files /$1 /sub/index.html =404; }
        location /deep/ { try_files $uri /sub/; }
        location /many/ { try_files /n1 /n2 $uri.txt /a$arg_x.txt =410; }
        location = /exact { try_files /a.txt =404; }
        location /spa/ { try_files $uri $uri/ /index.html; }
        location /php/ { try_files $uri $uri/ /php/index?$query_string; if ($arg_if) { return 200 "if\n"; } }
        location /php/index { return 200 "php $args\n"; }"""), [
        *[Ask(p) for p in ("/", "/a.txt", "/sub", "/sub/", "/none", "/none/?x=y", "/empty", "/empty/", "/up/who", "/up/a%20b?x", "/pass/echo", "/pass/x?y=z", "/passuri/echo?x=1", "/passno/echo", "/status/x", "/status204/x",
                           "/al/x.txt", "/al/none", "/al/", "/re/a.txt", "/re/none", "/re/sub/", "/deep/x", "/many/a", "/many/q?x=", "/many/q?x=1", "/exact", "/spa/app/route", "/spa/", "/php/x?a=b", "/php/x?if=1", "/sp%20ace.txt", "/a.txt/x", "/%2e%2e/a.txt", "/a.txt?x")],
        Ask("/a.txt", "POST", body=b"x"), Ask("/none", "POST", body=b"x"), Ask("/none", "PUT", body=b"x"), Ask("/a.txt", "DELETE"), Ask("/up/echo", "POST", body=b"body"), Ask("/sub", "POST", body=b"x"), Ask("/sub/", "POST", body=b"x"), Ask("/empty/", "POST", body=b"x"), Ask("/status/x", "POST", body=b"x"),
        Ask("/none", "HEAD"), Ask("/a.txt", "OPTIONS"), Ask("/status0/x", differs="a status needs no file: nginx closes the connection")], files=SITE),
]
