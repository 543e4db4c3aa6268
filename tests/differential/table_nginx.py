# SPDX-License-Identifier: Apache-2.0
"""What is asked of nginx's language. Each group is one file; its feature names it where it is listed as unsupported."""
import base64

from compare import Ask, Group, config

UP = "upstream up { server 127.0.0.1:@a@; }\n"
KEEP = 'proxy_http_version 1.1; proxy_set_header Connection "";\n'


def server(body, http="", listen="127.0.0.1:@port@"):
    return config.nginx(UP + KEEP + http + f"server {{ listen {listen}; server_name example.org;\n{body}\n}}")


def logged(body, form, http=""):
    return config.nginx(UP + KEEP + http + f"server {{ listen 127.0.0.1:@port@; server_name example.org;\n{body}\n}}",
                        log=f"log_format mine '{form}'; access_log @dir@/access.log mine;")


MIME = "types { text/html html htm; text/css css; image/png png; text/plain txt; } default_type application/octet-stream;\n"
SITE = {"html/index.html": "<p>home\n", "html/a.txt": "text of a\n", "html/sub/index.html": "<p>sub\n", "html/empty/keep": "", "html/style.css": "b{}\n",
        "html/50x.html": "sorry\n", "html/404.html": "not here\n", "html/big.txt": "0123456789" * 2000, "html/no-extension": "octets", "html/sp ace.txt": "space\n",
        "other/x.txt": "other x\n"}

GZ = [("Accept-Encoding", "gzip")]
VIA = GZ + [("Via", "1.1 other")]


def basic(user, password):
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


USERS = """# who may come in
plain:{PLAIN}secret
sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=
ssha:{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0
apr:$apr1$pepper12$cUp/BgaDaXwv5xBsnQG3J.
md5:$1$pepper12$Og8bpt8WKmfku2a8Dm79l0
six:$6$rounds=1000$pepper12$6op3bs11SdcN1ORQtOSGxSIttnVXJ64hiQRZdM6728SCbxUNfK8NjdFJQy.1VrCzfZS7q3uJarJdkjQ86XBal/
bcrypt:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW
commented:{PLAIN}secret:a comment
colon:{PLAIN}a
"""

LOGGED = [
    Ask("/who?a=1"), Ask("/own"), Ask("/refused"), Ask("/moved"),
    Ask("/echo", "POST", [("Content-Type", "t/x"), ("Cookie", "sid=7"), ("Referer", "http://r/"), ("User-Agent", "ua"), ("X-A", 'q"u')], b"body"),
    Ask("/a%20b/who"), Ask("/chunked/300/1"), Ask("/size/1000", "HEAD"), Ask("/status/503"), Ask(raw=b"BAD\x01\r\n\r\n", note="no request"), Ask("/who", host="EXAMPLE.org:7")]

GROUPS = [
    Group("nginx/proxy_pass", "proxy_pass", server("""
        location /plain/ { proxy_pass http://up; }
        location /strip/ { proxy_pass http://up/; }
        location /map/ { proxy_pass http://up/other/path/; }
        location /noslash { proxy_pass http://up/x; }
        location = /exact { proxy_pass http://up/e; }
        location /host/ { proxy_pass http://127.0.0.1:@a@; }
        location / { proxy_pass http://up; }"""), [
        Ask("/plain/a?x=1"), Ask("/strip/a/b?x=%20"), Ask("/map/a%20b?q=1"), Ask("/noslashfoo"), Ask("/exact?z=1"), Ask("/host/x"),
        Ask("/strip/"), Ask("/strip"), Ask("/map"), Ask("/plain/a%2Fb"), Ask("/strip/a%2Fb%3Fc"), Ask("/plain/../up"), Ask("/strip/x/../y"), Ask("/strip//a///b"),
        Ask("/plain/%41%2e%2e"), Ask("/map/%e4%bd%a0"), Ask("/?only=args"), Ask("/a;b=c,d"), Ask("/plain/#frag", differs="a fragment is no part of a request target (RFC 9112 3.2)"), Ask("/%zz"), Ask("/../../etc/passwd"),
        Ask("/plain/x", "POST", body=b"a=1&b=2"), Ask("/plain/x", "PUT", body=[b"chunk one", b"two"]), Ask("/plain/x", "DELETE"), Ask("/plain/x", "HEAD"),
        Ask("/plain/x", "OPTIONS"), Ask("/plain/x", "PATCH", body=b"{}"), Ask("http://example.org/plain/abs?x=1", note="absolute form"),
        Ask("/plain/old", version="1.0"), Ask("/plain/e?a=b?c=d&&e"), Ask("/plain/%00", note="encoded NUL")]),

    Group("nginx/proxy_pass variables", "proxy_pass with variables", server("""
        location ~ ^/re/(.*)$ { proxy_pass http://up/$1?from=re; }
        location /var/ { set $to up; proxy_pass http://$to; }
        location /uri/ { proxy_pass http://up$request_uri; }
        location /args/ { proxy_pass http://up/x?$args&more=1; }
        location /address/ { set $port @a@; proxy_pass http://127.0.0.1:$port; }
        location /address-uri/ { set $port @a@; proxy_pass http://127.0.0.1:$port/fixed; }
        location /whole/ { set $url http://127.0.0.1:@a@/whole?u=$uri; proxy_pass $url; }
        location /arg/ { proxy_pass http://$arg_to$request_uri; }
        location /none/ { set $url nothing; proxy_pass $url; }
        location /host/ { set $to up; proxy_set_header X-Host "$proxy_host|$proxy_port"; proxy_pass http://$to; }
        location /refused/ { set $port @closed@; proxy_pass http://127.0.0.1:$port; }
        location /query/ { set $to up; proxy_pass http://$to?only=query; }
        location /again/ { error_page 502 = @again; set $port @closed@; proxy_pass http://127.0.0.1:$port; }
        location @again { set $to up; proxy_pass http://$to; }
        location /rewritten/ { set $to up; rewrite ^/rewritten/(.*)$ /other/$1 break; proxy_pass http://$to; }"""), [
        Ask("/re/abc?lost=1"), Ask("/re/a-b"), Ask("/var/x?y=1"), Ask("/uri/a%2fb?c"), Ask("/args/z?p=q"), Ask("/address/echo?x=1"), Ask("/address-uri/echo?x=1"), Ask("/whole/a?b"),
        Ask("/arg/x?to=up"), Ask("/arg/x?to=127.0.0.1:1"), Ask("/arg/x?to=no-such-name"), Ask("/arg/x?to="), Ask("/none/"), Ask("/host/echo"), Ask("/refused/x"), Ask("/query/x?lost=1"), Ask("/again/x?y=1"),
        Ask("/rewritten/a%20b?c=d"), Ask("/var/a%2fb//c"), Ask("/arg/x?to=UP"), Ask("/arg/x?to=up:80")]),

    Group("nginx/locations", "location", server("""
        location = / { return 200 "exact-root"; }
        location / { return 200 "root"; }
        location /docs/ { return 200 "docs"; }
        location /docs/deep/ { return 200 "deep"; }
        location ^~ /static/ { return 200 "static"; }
        location ~ \\.php$ { return 200 "php"; }
        location ~* \\.(gif|jpg)$ { return 200 "image $1"; }
        location ~ ^/user/(?<name>[a-z]+)$ { return 200 "user $name"; }
        location = /docs { return 200 "exact-docs"; }
        location "/quoted{}" { return 200 "quoted"; }
        location @named { return 200 "named"; }
        location /try/ { try_files /nothing @named; }
        location /nest/ {
            location /nest/inner/ { return 200 "inner"; }
            location ~ \\.txt$ { return 200 "nested-regex"; }
            location = /nest/eq { return 200 "nested-exact"; }
            return 200 "nest";
        }"""), [
        Ask("/"), Ask("/x"), Ask("/docs/"), Ask("/docs"), Ask("/docsx"), Ask("/docs/deep/a"), Ask("/docs/a.php"), Ask("/static/a.php"), Ask("/a.GIF"), Ask("/a.jpg?x.php"),
        Ask("/user/bob"), Ask("/user/Bob"), Ask("/nest/a"), Ask("/nest/inner/b"), Ask("/nest/c.txt"), Ask("/nest/eq"), Ask("/nest/x.php"), Ask("/static/../docs/"), Ask("/%64ocs/"),
        Ask("/try/x"), Ask("/quoted{}"), Ask("/DOCS/")]),

    Group("nginx/server_name", "server_name", config.nginx("""
        server_names_hash_bucket_size 64;
        server { listen 127.0.0.1:@port@ default_server; server_name _; return 200 "default"; }
        server { listen 127.0.0.1:@port@; server_name example.org www.example.org; return 200 "exact $server_name"; }
        server { listen 127.0.0.1:@port@; server_name *.example.org; return 200 "leading"; }
        server { listen 127.0.0.1:@port@; server_name mail.*; return 200 "trailing"; }
        server { listen 127.0.0.1:@port@; server_name .both.org; return 200 "both"; }
        server { listen 127.0.0.1:@port@; server_name ~^(?<user>.+)\\.users\\.net$; return 200 "regex $user"; }
        server { listen 127.0.0.1:@port@; server_name ""; return 200 "empty"; }"""), [
        Ask(host=h) for h in ("example.org", "EXAMPLE.org", "example.org.", "example.org:99", "www.example.org", "a.example.org", "a.b.example.org", "mail.foo", "mail.x.y", "both.org",
                              "x.both.org", "bob.users.net", "unknown", "10.0.0.1", "[::1]:80")] +
          [Ask(host=None, version="1.0", note="HTTP/1.0 without Host"), Ask("http://example.org/", host="other", note="absolute form wins"), Ask(host="", note="empty Host"),
           Ask(host="bad host", note="space in Host"), Ask(host="a/b", note="slash in Host")]),

    Group("nginx/return", "return", server("""
        default_type text/plain;
        location /text { return 200 "hello $uri $arg_name\\n"; }
        location /empty { return 204; }
        location /moved { return 301 /elsewhere; }
        location /moved-abs { return 301 https://$host$request_uri; }
        location /found { return 302 http://other.example/x; }
        location /url { return http://short.example/; }
        location /temp { return 307 /t; }
        location /perm { return 308 /p; }
        location /gone { return 410; }
        location /denied { return 403 "no entry"; }
        location /teapot { return 418; }
        location /close { return 444; }
        location /error { return 500; }
        location /unavailable { return 503 "later"; }"""), [
        Ask("/text?name=bob"), Ask("/text", "HEAD"), Ask("/text", "POST", body=b"ignored body"), Ask("/empty"), Ask("/moved"), Ask("/moved-abs/a?b=c"), Ask("/found"), Ask("/url"), Ask("/temp"),
        Ask("/perm"), Ask("/gone"), Ask("/denied"), Ask("/teapot"), Ask("/close"), Ask("/error"), Ask("/unavailable"), Ask("/moved", version="1.0"), Ask("/moved", host="example.org:77")]),

    Group("nginx/error_page", "error_page", server("""
        root @dir@/html;
        location / { error_page 404 /404.html; error_page 500 502 503 504 /50x.html; try_files $uri =404; }
        location = /404.html { internal; }
        location /changed { error_page 404 =200 /a.txt; return 404; }
        location /named { error_page 502 = @fallback; proxy_pass http://127.0.0.1:@closed@; }
        location @fallback { return 200 "fallback for $request_uri"; }
        location /refused { error_page 502 /50x.html; proxy_pass http://127.0.0.1:@closed@; }
        location /plain502 { proxy_pass http://127.0.0.1:@closed@; }
        location /url { error_page 403 http://example.org/forbidden; return 403; }
        location /intercept { proxy_intercept_errors on; error_page 404 /404.html; proxy_pass http://up; }
        location /pass { error_page 404 /404.html; proxy_pass http://up; }
        location /loop { error_page 404 /loop; return 404; }
        location /missing-page { error_page 404 /nowhere.html; return 404; }"""), [
        Ask("/a.txt"), Ask("/nothing"), Ask("/404.html"), Ask("/changed"), Ask("/named/x"), Ask("/refused"), Ask("/plain502"), Ask("/url"), Ask("/intercept/status/404"),
        Ask("/pass/status/404"), Ask("/intercept/status/500"), Ask("/loop"), Ask("/missing-page"), Ask("/nothing", "HEAD"), Ask("/refused", "POST", body=b"x")], files=SITE),

    Group("nginx/add_header", "add_header", server("""
        add_header X-Server yes; root @dir@/html;
        location / { try_files $uri =404; }
        location /own { add_header X-Own $uri; add_header X-Own second; return 200 x; }
        location /always { add_header X-Always "$status" always; return 404; }
        location /never { add_header X-Never no; return 404; }
        location /moved { add_header X-Moved m; return 301 /; }
        location /proxied { add_header X-Proxied "p q"; proxy_pass http://up; }
        location /override { add_header X-Origin ours; proxy_pass http://up; }
        location /expires { expires 1h; return 200 e; }
        location /epoch { expires epoch; return 200 e; }
        location /empty { add_header X-Empty ""; return 200 e; }"""), [
        Ask("/a.txt"), Ask("/own"), Ask("/always"), Ask("/never"), Ask("/moved"), Ask("/proxied/echo"), Ask("/override/who"), Ask("/epoch"), Ask("/empty"), Ask("/none")], files=SITE),

    Group("nginx/static files", "root and index", server(MIME + """
        root @dir@/html; index nothing.html index.html;
        location /alias/ { alias @dir@/other/; }
        location /x.txt { root @dir@/other; }
        location /noindex/ { alias @dir@/html/empty/; }
        location /types { types { } default_type text/x-mine; alias @dir@/html/a.txt; }
        location /secret { internal; }"""), [
        Ask("/"), Ask("/a.txt"), Ask("/sub/"), Ask("/sub"), Ask("/sub?x=1"), Ask("/empty/"), Ask("/none"), Ask("/alias/x.txt"), Ask("/alias/y.txt"), Ask("/alias/../a.txt"), Ask("/x.txt"),
        Ask("/noindex/"), Ask("/types"), Ask("/secret"), Ask("/style.css"), Ask("/no-extension"), Ask("/sp%20ace.txt"), Ask("/a.txt/"), Ask("/a.txt", "HEAD"), Ask("/a.txt", "POST", body=b"x"),
        Ask("/a.txt", "PUT", body=b"x"), Ask("/a.txt", fields=[("If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT")]), Ask("/a.txt", fields=[("If-Modified-Since", "Tue, 14 Nov 2022 22:13:20 GMT")]),
        Ask("/a.txt", fields=[("If-None-Match", '"6553f100-a"')]), Ask("/a.txt", fields=[("If-Match", '"other"')]), Ask("/a.txt", fields=[("If-None-Match", "*")]),
        Ask("/big.txt", fields=[("Range", "bytes=0-9")]), Ask("/big.txt", fields=[("Range", "bytes=-5")]), Ask("/big.txt", fields=[("Range", "bytes=19990-")]),
        Ask("/big.txt", fields=[("Range", "bytes=99999-")]), Ask("/big.txt", fields=[("Range", "lines=1")]), Ask("/sub", host="example.org:8080"), Ask("/sub", version="1.0")], files=SITE),

    Group("nginx/ranges", "ranges", server(MIME + """
        root @dir@/html; location /cs/ { charset utf-8; alias @dir@/html/; } location /none/ { max_ranges 0; alias @dir@/html/; } location /one/ { max_ranges 1; alias @dir@/html/; }
        location /moved/ { error_page 416 /404.html; alias @dir@/html/; } location /proxied/ { proxy_pass http://up; }"""), [
        *[Ask("/big.txt", fields=[("Range", r)], note="Range " + r) for r in (
            "bytes=0-0", "bytes=0-9,20-29", "bytes=0-9, 20-29 ,-5", "bytes=-5,0-4", "bytes=0-19999", "bytes=0-19999,0-1", "bytes=0-99999", "bytes=-0", "bytes=-99999", "bytes=5-4", "bytes=20000-", "bytes=19999-",
            "bytes=x", "bytes=1", "bytes=", "bytes=1-2-3", "bytes=1-2,x", "bytes=30000-,0-1", "bytes=0-1,30000-", "bytes = 0-1", "BYTES=0-1", "items=0-1", "bytes=99999999999999999999-", "bytes=0-,5-9")],
        Ask("/cs/big.txt", fields=[("Range", "bytes=0-1,3-4")], note="with a charset"), Ask("/none/a.txt", fields=[("Range", "bytes=0-1")], note="max_ranges 0"), Ask("/one/a.txt", fields=[("Range", "bytes=0-1")], note="max_ranges 1"),
        Ask("/one/a.txt", fields=[("Range", "bytes=0-1,3-4")], note="two of max_ranges 1"), Ask("/moved/a.txt", fields=[("Range", "bytes=50-")], note="416 with a page", differs="one ETag, that of the page, and no Content-Range of another file"), Ask("/no-extension", fields=[("Range", "bytes=0-1,3-4")], note="octets"),
        Ask("/big.txt", fields=[("Range", "bytes=0-1"), ("If-Range", '"6553f100-4e20"')], note="If-Range etag"), Ask("/big.txt", fields=[("Range", "bytes=0-1"), ("If-Range", '"other"')], note="If-Range other"),
        Ask("/big.txt", fields=[("Range", "bytes=0-1"), ("If-Range", "Tue, 14 Nov 2023 22:13:20 GMT")], note="If-Range date"), Ask("/big.txt", fields=[("Range", "bytes=0-1"), ("If-Range", "Tue, 14 Nov 2023 22:13:21 GMT")], note="If-Range later"),
        Ask("/big.txt", fields=[("Range", "bytes=0-1"), ("If-None-Match", '"6553f100-4e20"')], note="304 before a range"), Ask("/proxied/size/10", fields=[("Range", "bytes=0-1")], note="of a proxied one"),
        Ask("/big.txt", "HEAD", fields=[("Range", "bytes=0-1")], note="HEAD with a range", differs="RFC 9110 14.2: Range is for GET")], files=SITE),

    Group("nginx/try_files", "try_files", server("""
        root @dir@/html;
        location / { try_files $uri $uri/ /index.html; }
        location /code/ { try_files $uri =418; }
        location /app/ { try_files $uri @app; }
        location /args/ { try_files $uri /a.txt?was=$uri; }
        location @app { proxy_pass http://up; }"""), [
        Ask("/a.txt"), Ask("/sub/"), Ask("/sub"), Ask("/nothing/at/all"), Ask("/code/x"), Ask("/app/echo?x=1"), Ask("/args/x")], files=SITE),

    Group("nginx/rewrite", "rewrite", server("""
        location /last/ { rewrite ^/last/(.*)$ /target/$1 last; }
        location /break/ { rewrite ^/break/(.*)$ /kept/$1 break; proxy_pass http://up; }
        location /redirect/ { rewrite ^/redirect/(.*)$ /to/$1 redirect; }
        location /permanent/ { rewrite ^/permanent/(.*)$ http://other.example/$1 permanent; }
        location /args/ { rewrite ^/args/(.*)$ /target/$1?a=b; }
        location /drop/ { rewrite ^/drop/(.*)$ /target/$1?; }
        location /chain/ { rewrite ^/chain/1 /chain/2; rewrite ^/chain/2 /chain/3; return 200 "$uri"; }
        location /loop { rewrite ^/loop /loop last; }
        location /target/ { return 200 "target $uri $args"; }
        location /if/ {
            if ($request_method = POST) { return 405; }
            if ($http_x_level ~* ^hi) { return 200 "high"; }
            if ($arg_go) { rewrite ^ /target/if last; }
            set $said "none"; if ($http_x_level = low) { set $said "low"; }
            return 200 "said $said";
        }
        rewrite ^/server/(\\w+)$ /target/$1;"""), [
        Ask("/last/a?x=1"), Ask("/break/echo?x=1"), Ask("/redirect/a%20b?x=1"), Ask("/permanent/z?q"), Ask("/args/a?c=d"), Ask("/drop/a?c=d"), Ask("/chain/1"), Ask("/loop"), Ask("/server/abc"),
        Ask("/if/", "POST", body=b""), Ask("/if/", fields=[("X-Level", "HIGH")]), Ask("/if/", fields=[("X-Level", "low")]), Ask("/if/?go=1"), Ask("/if/?go=0"), Ask("/if/")]),

    Group("nginx/proxy_set_header", "proxy_set_header", server("""
        proxy_set_header X-Server s;
        location /inherit/ { proxy_pass http://up; }
        location /own/ { proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                         proxy_set_header X-Forwarded-Proto $scheme; proxy_pass http://up; }
        location /hosts/ { proxy_set_header Host $http_host; proxy_set_header X-Proxy-Host $proxy_host; proxy_set_header X-Name $server_name; proxy_set_header X-Port $server_port;
                           proxy_pass http://up; }
        location /remove/ { proxy_set_header Accept-Encoding ""; proxy_set_header Cookie ""; proxy_pass http://up; }
        location /vars/ { proxy_set_header X-Vars "$request_method|$uri|$args|$request_uri|$server_protocol|$is_args|$content_length|$content_type|$cookie_sid|$arg_a"; proxy_pass http://up; }
        location /body/ { proxy_set_header Content-Length ""; proxy_pass_request_body off; proxy_pass http://up; }
        location /noheaders/ { proxy_pass_request_headers off; proxy_pass http://up; }
        location /method/ { proxy_method POST; proxy_pass http://up; }"""), [
        Ask("/inherit/echo"), Ask("/own/echo", host="www.Example.org:99"), Ask("/own/echo", fields=[("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "5.6.7.8")]),
        Ask("/hosts/echo", host="Example.ORG:99"), Ask("/remove/echo", fields=[("Accept-Encoding", "gzip"), ("Cookie", "a=b"), ("Accept", "*/*")]),
        Ask("/vars/echo?a=1&b=2", "POST", [("Content-Type", "text/x"), ("Cookie", "sid=42; other=1")], b"12345"), Ask("/body/echo", "POST", body=b"dropped"),
        Ask("/noheaders/echo", fields=[("X-Mine", "m")]), Ask("/inherit/echo", fields=[("X-Server", "client's"), ("Under_score", "u"), ("X-Twice", "1"), ("X-Twice", "2")]),
        Ask("/inherit/echo", fields=[("Keep-Alive", "x"), ("TE", "trailers"), ("Upgrade", "h2c"), ("X-Empty", "")]),
        Ask("/inherit/echo", fields=[("Proxy-Connection", "close")], differs="Proxy-Connection is of one hop"),
        Ask("/own/echo", fields=[("X-Real-IP", "9.9.9.9")], source="127.9.8.7"), Ask("/inherit/echo", fields=[("Expect", "100-continue")], method="POST", body=b"e", note="Expect is not passed on"),
        Ask("/method/echo")]),

    Group("nginx/answer headers", "proxy_hide_header", server("""
        location /f/ { proxy_pass http://up; }
        location /hide/ { proxy_hide_header X-Secret; proxy_pass_header Server; proxy_pass http://up; }
        location /location/ { proxy_pass http://up/; }
        location /redirect-off/ { proxy_redirect off; proxy_pass http://up/; }
        location /redirect-own/ { proxy_redirect http://inside/ http://outside/; proxy_pass http://up/; }
        location /ignore/ { proxy_ignore_headers X-Accel-Redirect; proxy_pass http://up; }
        location /accel { internal; return 200 "accel"; }"""), [
        Ask("/f/fields?X-Secret=1&X-Other=2"), Ask("/hide/fields?X-Secret=1&X-Other=2"), Ask("/f/fields?Set-Cookie=a%3Db&Set-Cookie=c%3Dd"), Ask("/f/fields?X-Powered-By=p&Server=theirs"),
        Ask("/location/fields?Location=http://up/x"), Ask("/location/fields?Location=/abs"), Ask("/redirect-off/fields?Location=http://up/x"), Ask("/redirect-own/fields?Location=http://inside/x"),
        Ask("/f/fields?X-Accel-Redirect=/accel"), Ask("/ignore/fields?X-Accel-Redirect=/accel"),
        Ask("/f/fields?Connection=X-Hop&X-Hop=1&Keep-Alive=timeout", differs="RFC 9110 7.6.1: what Connection names is of one hop"), Ask("/f/fields?Date=yesterday&Content-Type=a/b"), Ask("/f/fields?X-Accel-Expires=5&Refresh=1"),
        Ask("/f/empty/204"), Ask("/f/empty/304"), Ask("/f/status/500"), Ask("/f/size/10", "HEAD"), Ask("/f/chunked/100/3"), Ask("/f/chunked/100/3", version="1.0"), Ask("/f/until-close/100")]),

    Group("nginx/access", "allow, deny, limits", server("""
        client_max_body_size 100; large_client_header_buffers 2 1k;
        location / { proxy_pass http://up; }
        location /deny { deny all; proxy_pass http://up; }
        location /some { allow 127.9.0.0/16; deny all; proxy_pass http://up; }
        location /limit { limit_except GET { deny all; } proxy_pass http://up; }
        location /big { client_max_body_size 1m; proxy_pass http://up; }"""), [
        Ask("/deny"), Ask("/some/who"), Ask("/some/who", source="127.9.1.1", note="from an allowed address"), Ask("/limit/who"), Ask("/limit/who", "HEAD"), Ask("/limit/who", "POST", body=b""),
        Ask("/echo", "POST", body=b"x" * 100), Ask("/echo", "POST", body=b"x" * 101), Ask("/big/echo", "POST", body=b"x" * 101), Ask("/" + "u" * 2000, note="a long target"),
        Ask("/echo", fields=[("X-Long", "h" * 2000)], note="a long field"), Ask("/echo", "POST", body=[b"c" * 60, b"d" * 60], note="chunks over the limit")]),

    Group("nginx/auth_basic", "auth_basic", server("""
        root @dir@/html; auth_basic_user_file @dir@/users;
        location /open/ { alias @dir@/html/; }
        location /in/ { auth_basic "the realm"; alias @dir@/html/; }
        location /var/ { auth_basic "realm of $host"; return 200 x; }
        location /proxied/ { auth_basic r; proxy_set_header X-User $remote_user; proxy_pass http://up; }
        location /off/ { auth_basic off; alias @dir@/html/; }
        location /page/ { auth_basic r; error_page 401 /404.html; alias @dir@/html/; }
        location /any/ { satisfy any; allow 127.9.0.0/16; deny all; auth_basic r; proxy_set_header X-User $remote_user; proxy_pass http://up; }
        location /any-open/ { satisfy any; deny 127.8.0.0/16; auth_basic r; alias @dir@/html/; }
        location /all/ { satisfy all; allow 127.9.0.0/16; deny all; auth_basic r; alias @dir@/html/; }
        location /methods/ { limit_except GET { auth_basic r; } proxy_pass http://up; }
        location /methods-deny/ { satisfy any; limit_except GET { deny all; auth_basic r; } proxy_pass http://up; }"""), [
        Ask("/open/a.txt"), Ask("/in/a.txt"), *[Ask("/in/a.txt", fields=[basic(u, w)], note=f"/in/ as {u}:{w}") for u, w in (
            ("plain", "secret"), ("plain", "wrong"), ("sha", "secret"), ("ssha", "secret"), ("apr", "secret"), ("apr", "Secret"), ("md5", "secret"), ("six", "secret"), ("bcrypt", "secret"), ("nobody", "secret"),
            ("plain", ""), ("", ""), ("commented", "secret"), ("colon", "a:b"))],
        Ask("/in/a.txt", fields=[("Authorization", "Basic !!!")], note="no base64"), Ask("/in/a.txt", fields=[("Authorization", "Bearer x")], note="another scheme"),
        Ask("/in/a.txt", fields=[("Authorization", "basic " + basic("plain", "secret")[1][6:])], note="basic in small letters"), Ask("/var/", host="Host.example"), Ask("/var/", "HEAD"),
        Ask("/proxied/echo", fields=[basic("plain", "secret")], note="passed on"), Ask("/proxied/echo", "POST", body=b"x", note="a body without a password"), Ask("/off/a.txt"), Ask("/page/a.txt"),
        Ask("/any/echo", source="127.9.1.1"), Ask("/any/echo", fields=[basic("plain", "secret")], note="any: by password"), Ask("/any/echo"), Ask("/any-open/a.txt"), Ask("/any-open/a.txt", source="127.8.1.1", note="any: denied"),
        Ask("/any-open/a.txt", fields=[basic("plain", "secret")], note="any: no row, password"), Ask("/all/a.txt", source="127.9.1.1", note="all: address only"), Ask("/all/a.txt", fields=[basic("plain", "secret")], note="all: password only"),
        Ask("/all/a.txt", source="127.9.1.1", fields=[basic("plain", "secret")], note="all: both"), Ask("/methods/who"), Ask("/methods/who", "POST", body=b""), Ask("/methods/who", "POST", [basic("plain", "secret")], b"", note="POST with password"),
        Ask("/methods-deny/who", "DELETE"), Ask("/methods-deny/who", "DELETE", [basic("plain", "secret")], note="DELETE with password")], files={**SITE, "users": USERS}),

    Group("nginx/limit_req", "limit_req", logged("""
        location /none/ { limit_req zone=none; proxy_pass http://up; }
        location /burst/ { limit_req zone=burst burst=2 nodelay; proxy_pass http://up; }
        location /delay/ { limit_req zone=fast burst=3; proxy_pass http://up; }
        location /some/ { limit_req zone=some burst=3 delay=1; proxy_pass http://up; }
        location /st/ { limit_req zone=status; limit_req_status 429; error_page 429 /page; proxy_pass http://up; }
        location /page { return 200 "slow down"; }
        location /dry/ { limit_req zone=dry; limit_req_dry_run on; proxy_pass http://up; }
        location /key/ { limit_req zone=key; proxy_pass http://up; }
        location /two/ { limit_req zone=two; limit_req zone=wide burst=100 nodelay; proxy_pass http://up; }
        location /return/ { limit_req zone=none; return 200 "not limited"; }
        location /moved/ { limit_req zone=moved; try_files /nothing @up; }
        location @up { limit_req zone=moved; proxy_pass http://up; }""", "$status|$limit_req_status|$limit_conn_status", http="""
        limit_req_zone $binary_remote_addr zone=none:64k rate=1r/m; limit_req_zone $binary_remote_addr zone=burst:64k rate=1r/m; limit_req_zone $server_name zone=fast:64k rate=20r/s;
        limit_req_zone $server_name zone=some:64k rate=20r/s; limit_req_zone $server_name zone=status:64k rate=1r/m; limit_req_zone $server_name zone=dry:64k rate=1r/m; limit_req_zone $arg_key zone=key:64k rate=1r/m;
        limit_req_zone $server_name zone=two:64k rate=1r/m; limit_req_zone $server_name zone=wide:64k rate=1r/m; limit_req_zone $server_name zone=moved:64k rate=1r/m;"""), [
        Ask("/none/who"), Ask("/none/who", note="too early"), Ask("/none/who", source="127.0.0.9", note="somebody else"), Ask("/burst/who", count=3), Ask("/burst/who", note="beyond the burst"), Ask("/delay/who", count=3),
        Ask("/some/who", count=3), Ask("/st/who"), Ask("/st/who", note="429 and a page"), Ask("/dry/who", count=3), Ask("/key/who", count=3, note="without a key"), Ask("/key/who?key=a"), Ask("/key/who?key=a", note="the same key"),
        Ask("/key/who?key=b"), Ask("/two/who"), Ask("/two/who", note="one of two"), Ask("/return/", count=3), Ask("/moved/who"), Ask("/moved/who", note="counted once")]),

    Group("nginx/limit_conn", "limit_conn", logged("""
        location /one/ { limit_conn addr 1; proxy_pass http://up; }
        location /both/ { limit_conn addr 5; limit_conn server 5; limit_conn_status 429; proxy_pass http://up; }""", "$status|$limit_conn_status", http="""
        limit_conn_zone $binary_remote_addr zone=addr:64k; limit_conn_zone $server_name zone=server:64k;"""), [Ask("/one/who", count=5), Ask("/both/who", count=5)]),

    Group("nginx/broken requests", "refusing broken requests", server("location / { proxy_pass http://up; }"), [
        Ask(raw=b"GET / HTTP/1.1\r\n\r\n", note="no Host"), Ask(raw=b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", note="two Hosts"),
        Ask(raw=b"GET  / HTTP/1.1\r\nHost: example.org\r\n\r\n", note="two spaces", differs="RFC 9112 3: exactly one space"), Ask(raw=b"get / HTTP/1.1\r\nHost: example.org\r\n\r\n", note="lower-case method"),
        Ask(raw=b"GET / HTTP/2.0\r\nHost: example.org\r\n\r\n", note="HTTP/2.0"), Ask(raw=b"GET / HTTP/1.1\r\nHost: example.org\r\nContent-Length: x\r\n\r\n", note="length x"),
        Ask(raw=b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: gzip\r\n\r\n", note="unknown coding"),
        Ask(raw=b"POST / HTTP/1.1\r\nHost: example.org\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n", note="bad chunk"), Ask(raw=b"GET noslash HTTP/1.1\r\nHost: example.org\r\n\r\n", note="no slash"),
        Ask(raw=b"\r\nGET /who HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", note="an empty line first"), Ask(raw=b"GET /\x01 HTTP/1.1\r\nHost: example.org\r\n\r\n", note="control byte"),
        Ask(raw=b"TRACE / HTTP/1.1\r\nHost: example.org\r\n\r\n", note="TRACE"), Ask(raw=b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n", note="CONNECT")]),

    Group("nginx/map", "map", server("""
        location / { return 200 "$kind|$host_kind|$caught"; }""", http="""
        map $uri $kind { default other; /a alpha; ~^/n/(?<num>\\d+)$ number; ~*\\.PNG$ picture; "" none; }
        map $http_host $host_kind { hostnames; default unknown; *.example.org sub; example.org main; }
        map $arg_v $caught { ~^x(.+)$ $1; default $uri; }
        server_names_hash_bucket_size 64;"""), [
        Ask("/a"), Ask("/n/42"), Ask("/x.png"), Ask("/other"), Ask("/", host="www.example.org"), Ask("/q?v=xyz")]),

    Group("nginx/error_page forms", "error_page", server("""
        root @dir@/html; error_page 404 /404.html;
        location /named { error_page 404 @page; return 404; }
        location /named-status { error_page 404 = @page; return 404; }
        location /named-202 { error_page 404 =202 @page; return 404; }
        location @page { return 200 "page of $uri $args"; }
        location /keep/ { error_page 404 403 /pages/$status; return 404; }
        location /pages/ { internal; return 200 "made for $uri"; }
        location /equal { error_page 404 = /pages/equal; return 404; }
        location /equal-302 { error_page 404 =302 /pages/equal; return 404; }
        location /query { error_page 404 /pages/q?code=$status; return 404; }
        location /url301 { error_page 404 =301 http://other.example/$host; return 404; }
        location /url303 { error_page 404 =303 https://other.example/; return 404; }
        location /var { set $where /pages/var; error_page 404 $where; return 404; }
        location /many { error_page 401 402 403 404 405 =200 /pages/many; return 405; }
        location /off { error_page 500 /pages/none; return 404; }
        location /text { error_page 404 /404.html; return 404 "own text"; }
        location /recursive { recursive_error_pages on; error_page 404 /recursive2; return 404; }
        location /recursive2 { recursive_error_pages on; error_page 403 /pages/second; return 403; }
        location /norec { error_page 404 /norec2; return 404; }
        location /norec2 { error_page 403 /pages/second; return 403; }
        location /up/ { proxy_intercept_errors on; error_page 404 500 =200 /pages/up; proxy_pass http://up; }
        location /upstream-location { proxy_intercept_errors on; error_page 302 = @follow; proxy_pass http://up/fields?Location=/who; }
        location @follow { add_header X-Was $upstream_http_x_origin; return 200 "followed"; }
        location /deny { deny all; error_page 403 =404 /404.html; }
        location /method { error_page 405 =200 $uri; }
        location /204 { error_page 404 =204 /pages/x; return 404; }"""), [
        *[Ask(t) for t in ("/named?a=b", "/named-status", "/named-202", "/keep/x", "/equal", "/equal-302", "/query", "/url301", "/url303", "/var", "/many", "/off", "/text", "/recursive", "/norec", "/up/status/404", "/up/status/500",
                           "/up/status/403", "/upstream-location/x", "/deny", "/204", "/nothing", "/pages/x")],
        Ask("/method/a", "POST", body=b"x"), Ask("/keep/x", "HEAD"), Ask("/named", "POST", body=b"12345"), Ask("/up/status/404", "POST", body=b"12345")], files=SITE),

    Group("nginx/proxy_redirect", "proxy_redirect", server("""
        location /default/ { proxy_pass http://up/sub/; proxy_redirect default; }
        location /plain/ { proxy_pass http://up; }
        location /two/ { proxy_redirect http://one/ /first/; proxy_redirect http://two/ http://$host:81/second/; proxy_pass http://up/; }
        location /regex/ { proxy_redirect ~^http://([^/]+)\\.in/(.*)$ http://$1.out/$2; proxy_redirect ~*^HTTPS://X/ /nocase/; proxy_pass http://up/; }
        location /vars/ { proxy_redirect http://$proxy_host/ /vars/$arg_q/; proxy_pass http://up/; }
        location /off/ { proxy_redirect off; proxy_pass http://up/; }
        location /both/ { proxy_pass http://up/; proxy_redirect http://one/ /x/; proxy_redirect default; }
        location /rel/ { absolute_redirect off; proxy_redirect http://one/ /rel/; proxy_pass http://up/; }
        location /name/ { server_name_in_redirect on; proxy_redirect http://one/ /n/; proxy_pass http://up/; }
        location /port/ { port_in_redirect off; proxy_redirect http://one/ /p/; proxy_pass http://up/; }
        location /empty/ { proxy_redirect http://one/ ""; proxy_pass http://up/; }"""), [
        *[Ask(f"/{w}/fields?{f}") for w, f in (("default", "Location=http://up/sub/x"), ("default", "Location=http://up/other"), ("default", "Location=http://up/sub/"), ("plain", "Location=http://up/plain/x"), ("plain", "Location=http://up/x"),
            ("two", "Location=http://one/a"), ("two", "Location=http://two/a%3Fb"), ("two", "Location=http://three/"), ("regex", "Location=http://a.in/p"), ("regex", "Location=https://x/y"), ("regex", "Location=http://a.on/p"),
            ("vars", "Location=http://up/z&q=v"), ("off", "Location=http://up/z"), ("both", "Location=http://one/z"), ("both", "Location=http://up/z"), ("rel", "Location=http://one/z"), ("name", "Location=http://one/z"),
            ("port", "Location=http://one/z"), ("empty", "Location=http://one/z"), ("two", "Refresh=5%3B+url%3Dhttp://one/r"), ("two", "Refresh=5%3B+URL%3Dhttp://one/r"), ("two", "Refresh=5"), ("two", "Location=relative/x"), ("two", "Location=/abs"))],
        Ask("/two/fields?Location=http://two/a", host="Example.ORG:88")]),

    Group("nginx/if", "if", server("""
        root @dir@/html;
        location /empty { if ($arg_x = "") { return 200 "empty"; } return 200 "not"; }
        location /not-empty { if ($arg_x != "") { return 200 "there"; } return 200 "not"; }
        location /absent { if ($http_x_none = "") { return 200 "absent is empty"; } return 200 "no"; }
        location /bool { if ($arg_x) { return 200 "true"; } return 200 "false"; }
        location /same { if ($arg_x = $arg_y) { return 200 "same"; } return 200 "different"; }
        location /unlike { if ($arg_x != $arg_y) { return 200 "different"; } return 200 "same"; }
        location /match { if ($arg_x ~ ^a(.)c$) { return 200 "got $1"; } return 200 "no"; }
        location /nocase { if ($arg_x ~* "^ABC$") { return 200 "yes"; } return 200 "no"; }
        location /unmatch { if ($arg_x !~ ^a) { return 200 "not a"; } return 200 "a"; }
        location /unmatch-nocase { if ($arg_x !~* ^a) { return 200 "not a"; } return 200 "a"; }
        location /named { if ($arg_x ~ "^(?<first>.)") { set $kept $first; } return 200 "first $kept"; }
        location /file { if (-f $document_root/a.txt) { return 200 "file"; } return 200 "none"; }
        location /nofile { if (!-f $document_root/none) { return 200 "none"; } return 200 "file"; }
        location /folder { if (-d $document_root/sub) { return 200 "folder"; } return 200 "none"; }
        location /any { if (-e $document_root/sub) { return 200 "there"; } return 200 "none"; }
        location /exec { if (!-x $document_root/a.txt) { return 200 "not executable"; } return 200 "executable"; }
        location /two { set $a ""; if ($arg_x) { set $a "${a}x"; } if ($arg_y) { set $a "${a}y"; } return 200 "[$a]"; }
        location /header { if ($arg_x) { add_header X-If yes; } add_header X-Always no; proxy_pass http://up; }
        location /proxy { if ($arg_x) { proxy_pass http://up; break; } return 200 "not proxied"; }
        location /last { if ($arg_x = 1) { set $a one; } if ($arg_x ~ 1) { set $a "$a match"; } return 200 "$a"; }
        location /break { set $a before; if ($arg_x) { break; set $a never; } set $a after; return 200 "$a"; }
        location /quoted { if ($http_user_agent ~ "curl/(\\d+)\\.") { return 200 "curl $1"; } return 200 "other"; }
        if ($arg_server) { return 403; } if ($request_uri ~* "/evil") { return 444; } if ($host = "bad.example") { rewrite ^ /empty last; }"""), [
        *[Ask(t) for t in ("/empty", "/empty?x=", "/empty?x=1", "/not-empty", "/not-empty?x=1", "/absent", "/bool?x=0", "/bool?x=00", "/bool?x=a", "/bool", "/same?x=1&y=1", "/same?x=1&y=2", "/same", "/unlike?x=1&y=2", "/unlike?x=1&y=1",
                           "/match?x=abc", "/match?x=ABC", "/nocase?x=abc", "/unmatch?x=abc", "/unmatch?x=bcd", "/unmatch-nocase?x=ABC", "/named?x=zebra", "/named", "/file", "/nofile", "/folder", "/any", "/exec", "/two?x=1&y=1", "/two?y=1", "/two",
                           "/header?x=1", "/header", "/proxy?x=1", "/proxy", "/last?x=1", "/last?x=21", "/last", "/break?x=1", "/break", "/empty?server=1", "/an/EVIL/path", "/match?X=abc")],
        Ask("/quoted", fields=[("User-Agent", "curl/7.88")]), Ask("/x?x=5", host="bad.example")], files=SITE),

    Group("nginx/map forms", "map", server("""
        location / { return 200 "$kind|$host_kind|$caught|$named|$two|$empty|$chain|$vol|$net"; }""", http="""
        map $uri $kind { default other; /a alpha; ~^/n/(?<num>\\d+)$ number-$num; ~*\\.PNG$ picture; "" none; "~^/sp ace" space; \\default escaped; }
        map $host $host_kind { hostnames; default unknown; *.example.org sub; .dotted.org dotted; example.* prefix; www.example.* longer; ~^re\\d regex; }
        map $arg_v $caught { ~^x(.+)$ $1; default $uri; } map $arg_v $named { "~^(?<head>.)(?<tail>.*)$" "$tail$head"; }
        map "$arg_a:$arg_b" $two { 1:2 both; ~:2$ second; default "$arg_a+$arg_b"; } map $arg_none $empty { "" "was empty"; default "was not"; }
        map $kind $chain { alpha first; picture second; default $kind; } map $arg_v $vol { volatile; default "$arg_v!"; }
        geo $remote_addr $net { default far; 127.0.0.0/8 near; 127.9.0.0/16 nearer; 127.9.9.9 exact; }"""), [
        *[Ask(t) for t in ("/a", "/A", "/n/42", "/x.png", "/sp%20ace", "/default", "/q?v=xyz", "/q?v=abc", "/q?a=1&b=2", "/q?a=3&b=2", "/q?a=5", "/q?none=1")],
        *[Ask("/", host=h) for h in ("www.example.org", "a.b.example.org", "dotted.org", "x.dotted.org", "example.com", "www.example.com", "re7", "WWW.EXAMPLE.ORG", "none")],
        Ask("/", source="127.9.1.1", note="nearer"), Ask("/", source="127.9.9.9", note="exactly")]),

    *[Group(f"nginx/log escape={name}", "log_format escape", config.nginx(UP + KEEP + "server { listen 127.0.0.1:@port@; server_name example.org; location / { proxy_pass http://up; } location /own { return 404; } }",
            log=f"log_format mine escape={name} '{form}'; access_log @dir@/access.log mine;"), [
        Ask("/who?a=1"), Ask("/own", fields=[("User-Agent", 'a "b" \\c \t d'), ("Referer", "\xe9")]), Ask("/own?q=%22%0a", fields=[("X-A", "{}[]|#'")]), Ask("/own", "POST", body=b"x"), Ask("/size/0")])
      for name, form in (("json", '{"ua":"$http_user_agent","ref":"$http_referer","args":"$args","x":"$http_x_a","status":$status,"none":"$http_none"}'),
                         ("none", "$http_user_agent|$http_referer|$args|$http_x_a|$http_none|$remote_user|"), ("default", "$http_user_agent|$http_referer|$args|$http_x_a|$http_none|$remote_user|$uri"))],

    Group("nginx/access_log if", "access_log if", config.nginx(UP + KEEP + """
        map $status $bad { ~^[23] 0; default 1; }
        server { listen 127.0.0.1:@port@; location / { access_log @dir@/access.log combined; access_log @dir@/bad.log combined if=$bad; proxy_pass http://up; } }"""), [
        Ask("/who"), Ask("/status/500"), Ask("/status/404")]),

    Group("nginx/proxy details", "proxy_set_body, proxy_method", server("""
        location /body/ { proxy_set_body "replaced $arg_x"; proxy_pass http://up; }
        location /method/ { proxy_method $arg_m; proxy_pass http://up; }
        location /one-oh/ { proxy_http_version 1.0; proxy_pass http://up; }
        location /host/ { proxy_set_header Host other.example; proxy_pass http://up; }
        location /twice/ { proxy_set_header X-A one; proxy_set_header X-A two; proxy_pass http://up; }
        location /nothing/ { proxy_set_header X-A ""; proxy_pass http://up; }
        location /unbuffered/ { proxy_buffering off; proxy_request_buffering off; proxy_pass http://up; }
        location /limit/ { client_max_body_size 0; proxy_pass http://up; }
        location /port { proxy_pass http://127.0.0.1:@a@; }
        location /hide/ { proxy_hide_header X-Origin; proxy_pass http://up; }
        location /exact = { return 200; }
        location /set { set $args "new=1"; proxy_pass http://up; }
        location /set-uri { set $args "a=$arg_x"; rewrite ^/set-uri/(.*)$ /$1 break; proxy_pass http://up; }
        location /regex-if { if ($arg_x) { rewrite ^/regex-if/(.*)$ /$1?added=1 break; } proxy_pass http://up; }""".replace("location /exact = { return 200; }\n", "")), [
        Ask("/body/echo?x=1"), Ask("/body/echo?x=1", "POST", body=b"12345"), Ask("/method/echo?m=PUT"), Ask("/one-oh/echo"), Ask("/one-oh/echo", "POST", body=[b"ab", b"cd"]),
        Ask("/host/echo"), Ask("/twice/echo"), Ask("/nothing/echo", fields=[("X-A", "c")]), Ask("/unbuffered/echo", "POST", body=[b"ab", b"cd"], differs="a body that is not read first keeps its chunks, also when it came with the head"), Ask("/unbuffered/chunked/5000/50"), Ask("/limit/echo", "POST", body=b"x" * 2000000),
        Ask("/port/echo"), Ask("/hide/who"), Ask("/set/echo?old=1"), Ask("/set-uri/echo?x=5"), Ask("/regex-if/echo?x=1"), Ask("/regex-if/echo")]),

    Group("nginx/rewrite more", "rewrite", server("""
        location /flags/ { rewrite ^/flags/last /to/last last; rewrite ^/flags/break /to/break break; rewrite ^/flags/none /to/none; return 200 "end $uri"; }
        location /to/ { return 200 "to $uri $args"; }
        location /named/ { rewrite ^/named/(?<what>.+)$ /to/$what?w=$what last; }
        location /nine/ { rewrite ^/nine/(.)(.)(.)(.)(.)(.)(.)(.)(.)$ /to/$9$8$7$6$5$4$3$2$1 last; }
        location /host/ { rewrite ^ https://$host$request_uri? permanent; }
        location /scheme/ { rewrite ^/scheme/(.*)$ $scheme://other/$1; }
        location /quoted/ { rewrite "^/quoted/(\\d{2,3})$" /to/$1 last; }
        location /args/ { rewrite ^/args/(.*)$ /to/x?$1&$args? last; }
        location /esc/ { rewrite ^/esc/(.*)$ /to/$1?e=$1 last; }
        location /redir/ { rewrite ^/redir/(.*)$ /else/$1?q=$1 redirect; }
        location /set/ { set $a "x${arg_b}y"; set $b "$a-$a"; return 200 "$a $b"; }
        location /return-url { return https://$server_name$request_uri; }
        location /return-307 { return 307 $scheme://$http_host/x?$args; }
        location /return-text { return 403 "no\\n\\"quoted\\" $uri"; }
        location /return-200 { default_type application/json; return 200 '{"a":"$arg_a"}'; }
        location /return-empty { return 200 ""; }
        location /return-204 { return 204 "text"; }
        location /return-599 { return 599; }
        location /return-404-html.html { return 404 "x"; }"""), [
        *[Ask(t) for t in ("/flags/last?a=1", "/flags/break", "/flags/none", "/named/x%20y", "/nine/123456789", "/host/a%20b?c=d", "/scheme/x?y=1", "/quoted/12", "/quoted/1", "/args/n=1?o=2", "/esc/a%20b%26c", "/esc/plain", "/redir/a%20b", "/redir/a+b", "/redir/a;b",
                           "/set/?b=1", "/return-url?x", "/return-307?q=1", "/return-text", "/return-200?a=1", "/return-empty", "/return-204", "/return-599", "/return-404-html.html")],
        Ask("/host/x", host="Example.org:8080"), Ask("/return-200", "HEAD"), Ask("/return-text", "POST", body=b"x" * 10)]),

    Group("nginx/split_clients", "split_clients", server("""
        location / { return 200 "$half|$few|$none"; }""", http="""
        split_clients $arg_k $half { 50% a; * b; } split_clients "salt$arg_k" $few { 0.5% tiny; 33.33% third; 12.1% eighth; * rest; } split_clients $arg_k $none { 20% one; 20% $arg_k; }"""),
          [Ask(f"/?k={k}") for k in ("", "a", "ab", "abc", "abcd", "abcde", "127.0.0.1", "10.1.2.3", "client number 17", *range(20))]),

    Group("nginx/real_ip_header proxy_protocol", "real_ip_header proxy_protocol", config.nginx(UP + KEEP + """
        proxy_set_header X-Seen "$remote_addr|$realip_remote_addr|$proxy_protocol_addr|$proxy_protocol_port";
        server { listen 127.0.0.1:@port@ proxy_protocol; server_name example.org; location / { proxy_pass http://up; }
            location /believed/ { set_real_ip_from 127.0.0.0/8; real_ip_header proxy_protocol; proxy_pass http://up; }
            location /not-him/ { set_real_ip_from 10.0.0.0/8; real_ip_header proxy_protocol; proxy_pass http://up; }
            location /deny/ { deny 192.0.2.0/24; proxy_pass http://up; }
            location /deny-real/ { set_real_ip_from 127.0.0.0/8; real_ip_header proxy_protocol; deny 192.0.2.0/24; proxy_pass http://up; } }"""), [
        Ask(raw=b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\nGET " + path + b" HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", note=path.decode())
        for path in (b"/echo", b"/believed/echo", b"/not-him/echo", b"/deny/echo", b"/deny-real/echo")] +
          [Ask("/echo", note="without a header")]),

    Group("nginx/realip", "realip", server("""
        set_real_ip_from 127.0.0.0/8; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For;
        location / { return 200 "$remote_addr $realip_remote_addr"; }
        location /recursive { real_ip_recursive on; proxy_set_header X-Seen "$remote_addr $realip_remote_addr $proxy_add_x_forwarded_for"; proxy_pass http://up; }
        location /deny { deny 192.0.2.0/24; proxy_pass http://up; }"""), [
        Ask("/"), Ask("/", fields=[("X-Forwarded-For", "192.0.2.1")], note="one"), Ask("/", fields=[("X-Forwarded-For", "192.0.2.1, 10.0.0.1")], note="two"), Ask("/", fields=[("X-Forwarded-For", "x")], note="no address"),
        Ask("/", fields=[("X-Forwarded-For", "[2001:db8::1]:99")], note="IPv6 with port"), Ask("/", fields=[("X-Forwarded-For", "192.0.2.1:4711")], note="with a port"), Ask("/recursive/echo", fields=[("X-Forwarded-For", "192.0.2.1, 10.0.0.1")], note="recursive"),
        Ask("/recursive/echo", fields=[("X-Forwarded-For", "10.0.0.2, 10.0.0.1")], note="all trusted"), Ask("/deny/x", fields=[("X-Forwarded-For", "192.0.2.1")], note="denied by it")]),

    Group("nginx/cookies", "proxy_cookie_path", server("""
        location /cookie/ { proxy_cookie_path / /cookie/; proxy_cookie_domain inside outside; proxy_pass http://up/; }
        location /regex/ { proxy_cookie_path ~^/one/(.*)$ /two/$1; proxy_cookie_path ~*^/THREE /three; proxy_cookie_domain ~(.*)\\.in$ $1.out; proxy_pass http://up/; }
        location /var/ { set $to there; proxy_cookie_path /here/ /$to/; proxy_cookie_domain .dotted.org $to.org; proxy_pass http://up/; }
        location /off/ { proxy_cookie_path off; proxy_cookie_domain off; proxy_pass http://up/; }
        location /flags/ { proxy_cookie_flags sid secure httponly samesite=lax; proxy_cookie_flags ~^no nosecure nohttponly nosamesite; proxy_pass http://up/; }"""), [
        Ask("/cookie/fields?Set-Cookie=a%3Db%3B+path%3D/x%3B+domain%3Dinside"), Ask("/cookie/fields?Set-Cookie=a%3Db"),
        Ask("/cookie/fields?Set-Cookie=a%3Db%3Bpath%3D/x%3BHttpOnly&Set-Cookie=c%3Dd%3B+Domain%3D.inside"), Ask("/cookie/fields?Set-Cookie=a%3Db%3B+Path%3Dno-slash"),
        Ask("/regex/fields?Set-Cookie=a%3Db%3B+path%3D/one/x%3B+domain%3Dhost.in"), Ask("/regex/fields?Set-Cookie=a%3Db%3B+path%3D/three/x"),
        Ask("/var/fields?Set-Cookie=a%3Db%3B+path%3D/here/x%3B+domain%3Ddotted.org"), Ask("/off/fields?Set-Cookie=a%3Db%3B+path%3D/here/x"),
        Ask("/flags/fields?Set-Cookie=sid%3Db%3B+path%3D/"), Ask("/flags/fields?Set-Cookie=none%3Db%3B+Secure%3B+HttpOnly%3B+SameSite%3DNone%3B+path%3D/"),
        Ask("/flags/fields?Set-Cookie=other%3Db"), Ask("/flags/fields?Set-Cookie=SID%3Db%3B+Secure%3B+samesite%3DStrict")]),

    Group("nginx/X-Accel", "X-Accel", server("""
        root @dir@/html;
        location /f/ { proxy_pass http://up; }
        location /ignore/ { proxy_ignore_headers X-Accel-Redirect X-Accel-Charset X-Accel-Buffering X-Accel-Limit-Rate; proxy_pass http://up; }
        location /accel { internal; return 200 "accel $uri $args"; }
        location /kept/ { internal; alias @dir@/html/; add_header X-Kept $upstream_http_x_origin; }
        location /cs/ { charset utf-8; proxy_pass http://up; }
        location /cs/koi { charset koi8-r; return 200 "k"; }
        location @named { return 200 "named $uri"; }"""), [
        Ask("/cs/fields?X-Accel-Charset=koi8-r&Content-Type=text/html"), Ask("/cs/fields?X-Accel-Charset=other&Content-Type=text/html"), Ask("/cs/fields?X-Accel-Charset=off&Content-Type=text/html"),
        Ask("/cs/fields?Content-Type=text/html"), Ask("/cs/fields?Content-Type=text/html%3Bcharset%3Dlatin1"), Ask("/cs/fields?Content-Type=image/png"), Ask("/cs/koi"),
        Ask("/f/fields?X-Accel-Redirect=/accel/x%3Fq%3D1"), Ask("/f/fields?X-Accel-Redirect=/kept/a.txt"), Ask("/f/fields?X-Accel-Redirect=@named"), Ask("/f/fields?X-Accel-Redirect=@nobody"),
        Ask("/f/fields?X-Accel-Redirect=/kept/none"), Ask("/f/fields?X-Accel-Redirect=../up"), Ask("/f/fields?X-Accel-Redirect=/kept/a.txt&Content-Type=a/b&Set-Cookie=c%3Dd&X-Lost=1&Cache-Control=no-store&Expires=0&Content-Disposition=inline"),
        Ask("/f/fields?X-Accel-Redirect=/accel", "POST", body=b"p"), Ask("/f/fields?X-Accel-Redirect=/accel", "HEAD"), Ask("/ignore/fields?X-Accel-Redirect=/accel"),
        Ask("/f/fields?X-Accel-Charset=koi8-r&Content-Type=text/html"), Ask("/f/fields?X-Accel-Charset=koi8-r&Content-Type=image/png"), Ask("/ignore/fields?X-Accel-Charset=koi8-r&Content-Type=text/html"),
        Ask("/f/fields?X-Accel-Buffering=no"), Ask("/accel")], files=SITE),

    # one group of variables at a time, so that one that differs hides no other
    *[Group(f"nginx/log_format {name}", f"variables of {name}", logged("""
        location / { proxy_pass http://up; }
        location /own { return 404; }
        location /refused { proxy_pass http://127.0.0.1:@closed@; }
        location /moved { return 301 /x; }""", form, http="map $host $nothing { default ''; }"), LOGGED) for name, form in (
            ("the request", "$request|$request_method|$uri|$args|$request_uri|$query_string|$document_uri|$server_protocol|$request_length"),
            ("the request's fields", "$http_referer|$http_user_agent|$http_x_a|$host|$content_length|$content_type|$cookie_sid|$arg_a"),
            ("the connection", "$remote_addr|$remote_user|$server_addr|$server_port|$server_name|$scheme|$connection_requests|$pipe"),
            ("the answer", "$status|$body_bytes_sent|$sent_http_content_type|$sent_http_location|$sent_http_x_origin|$request_completion"),
            ("the origin", "$upstream_addr|$upstream_status|$upstream_http_x_origin|$proxy_host|$proxy_port"),
            ("the origin's sizes", "$upstream_response_length"),
            ("emptiness", "<$nothing>|<$is_args>|<$https>|<$args>"),
            ("the body", "$request_body"))],

    Group("nginx/combined", "combined", config.nginx(UP + KEEP + "server { listen 127.0.0.1:@port@; location / { proxy_pass http://up; } }", log="access_log @dir@/access.log;"), [
        Ask("/who"), Ask("/size/12?x=y", fields=[("User-Agent", 'a "b" \\c'), ("Referer", "\xe9")]), Ask("/status/404", "POST", body=b"12"), Ask(raw=b"GET /\r\n\r\n", note="HTTP/0.9", differs="HTTP/0.9 is refused"),
        Ask(raw=b"\x16\x03\x01\r\n\r\n", note="not HTTP")]),

    Group("nginx/round robin", "weighted round robin", config.nginx("""
        upstream even { server 127.0.0.1:@a@; server 127.0.0.1:@b@; server 127.0.0.1:@c@; }
        upstream weighted { server 127.0.0.1:@a@ weight=5; server 127.0.0.1:@b@ weight=2; server 127.0.0.1:@c@ weight=1; }
        upstream spare { server 127.0.0.1:@a@ down; server 127.0.0.1:@b@; server 127.0.0.1:@c@ backup; }
        upstream dead { server 127.0.0.1:@closed@; server 127.0.0.1:@b@; }""" + KEEP + """
        server { listen 127.0.0.1:@port@; location /even { proxy_pass http://even; } location /weighted { proxy_pass http://weighted; }
                 location /spare { proxy_pass http://spare; } location /dead { proxy_pass http://dead; } }"""), [
        Ask("/even/who", count=9), Ask("/weighted/who", count=24), Ask("/spare/who", count=4), Ask("/dead/who", count=4)]),

    Group("nginx/ip_hash", "ip_hash", config.nginx("upstream h { ip_hash; server 127.0.0.1:@a@; server 127.0.0.1:@b@ weight=2; server 127.0.0.1:@c@; }" + KEEP +
                                                   "server { listen 127.0.0.1:@port@; location / { proxy_pass http://h; } }"),
          [Ask("/who", source=f"127.{i * 37 % 250}.{i * 91 % 250}.3", note=f"from 127.{i * 37 % 250}.{i * 91 % 250}.3") for i in range(1, 25)]),

    Group("nginx/hash", "hash", config.nginx("upstream h { hash $request_uri; server 127.0.0.1:@a@; server 127.0.0.1:@b@ weight=2; server 127.0.0.1:@c@; }" + KEEP +
                                             "server { listen 127.0.0.1:@port@; location / { proxy_pass http://h; } }"), [Ask(f"/who/{i}") for i in range(20)]),

    Group("nginx/slashes and names", "merge_slashes, underscores", server("""
        merge_slashes off; underscores_in_headers on; ignore_invalid_headers off;
        location //two { return 200 "two"; } location / { proxy_pass http://up; }"""), [
        Ask("//two"), Ask("/a//b/echo"), Ask("/echo", fields=[("Under_score", "passes")])]),
    Group("nginx/gzip", "gzip", server("""
        gzip on; gzip_types text/css application/json; gzip_vary on; root html;
        location / { proxy_pass http://up; }
        location /own { default_type text/html; return 200 "our own answer, which is long enough"; }
        location /short { default_type text/html; return 200 "short"; }
        location /gone { proxy_pass http://up/nothing/status/; }
        location /files/ { alias @dir@/html/; }
        location /off/ { gzip off; proxy_pass http://up/; }
        location /all/ { gzip_types *; gzip_min_length 1; proxy_pass http://up/; }
        location /old/ { gzip_http_version 1.0; gzip_min_length 1; proxy_pass http://up/; }
        location /http1/ { gzip_min_length 1; proxy_pass http://up/; }
        location /nobuf/ { gzip_types *; proxy_buffering off; proxy_pass http://up/; }
        location /best/ { gzip_types *; gzip_comp_level 9; proxy_pass http://up/; }
        location /novary/ { gzip_vary off; gzip_types *; proxy_pass http://up/; }""", MIME), [
        Ask("/own", fields=[("Accept-Encoding", ae)], note=f"accepts {ae}") for ae in ("gzip", "GZIP", "gzip;q=0", "gzip;q=0.001", "gzip; q=0.5", "deflate, gzip", "*", "deflate", "x-gzip", "gzip;q=1.0", "gzip;q=1.001", "br;q=1, gzip ; q=0.3", "")] + [
        Ask("/own"), Ask("/own", "HEAD", fields=GZ), Ask("/all/size/100", "HEAD", fields=GZ), Ask("/all/chunked/100/1", "HEAD", fields=GZ), Ask("/files/index.html", "HEAD", fields=GZ), Ask("/files/style.css", "HEAD", fields=GZ), Ask("/own", version="1.0", fields=GZ), Ask("/short", fields=GZ), Ask("/files/style.css", fields=GZ), Ask("/files/index.html", fields=GZ),
        Ask("/files/a.txt", fields=GZ), Ask("/files/nothing.html", fields=GZ), Ask("/off/size/100", fields=GZ), Ask("/all/size/0", fields=GZ), Ask("/all/size/1", fields=GZ),
        Ask("/all/size/100000", fields=GZ), Ask("/all/chunked/100000/9", fields=GZ), Ask("/all/until-close/3000", fields=GZ), Ask("/nobuf/chunked/100000/9", fields=GZ), Ask("/best/size/50000", fields=GZ),
        Ask("/novary/fields?Content-Type=text/css", fields=GZ)] + [
        Ask("/all/fields?" + f, fields=GZ) for f in ("Content-Type=text/css", "Content-Type=text/css%3B charset=x", "Content-Type=TEXT/CSS", "Content-Type=image/png", "X=y", "Content-Type=text/css&Content-Encoding=br",
            "Content-Type=text/css&ETag=%22a%22", "Content-Type=text/css&ETag=W/%22a%22", "Content-Type=text/css&Accept-Ranges=bytes", "Content-Type=text/css&Vary=Cookie", "Content-Type=text/css&Cache-Control=no-transform")] + [
        Ask("/http1/fields?Content-Type=text/css", fields=GZ), Ask("/http1/fields?Content-Type=text/cs", fields=GZ), Ask("/http1/fields?Content-Type=application/json", fields=GZ), Ask("/http1/fields?Content-Type=text/css", version="1.0", fields=GZ),
        Ask("/old/fields?Content-Type=text/css", version="1.0", fields=GZ), Ask("/all/status/403", fields=GZ), Ask("/all/status/404", fields=GZ), Ask("/all/status/500", fields=GZ), Ask("/all/status/201", fields=GZ),
        Ask("/all/empty/204", fields=GZ), Ask("/all/empty/304", fields=GZ)], files=SITE),
    Group("nginx/gzip_proxied, gzip_disable", "gzip", server("""
        gzip on; gzip_types *; gzip_min_length 1; gzip_disable "Old/[0-9]" msie6;
        location / { proxy_pass http://up; }
        location /any/ { gzip_proxied any; proxy_pass http://up/; }
        location /some/ { gzip_proxied expired no-cache no-store private auth; proxy_pass http://up/; }
        location /lm/ { gzip_proxied no_last_modified; proxy_pass http://up/; }
        location /et/ { gzip_proxied no_etag; proxy_pass http://up/; }"""), [
        Ask("/size/100", fields=GZ), Ask("/size/100", fields=VIA), Ask("/any/size/100", fields=VIA), Ask("/some/size/100", fields=VIA), Ask("/some/size/100", fields=VIA + [("Authorization", "Basic YTpi")])] + [
        Ask("/some/fields?" + f, fields=VIA) for f in ("Cache-Control=no-cache", "Cache-Control=max-age=1, private", "Cache-Control=no-store", "Cache-Control=public", "Expires=Thu, 01 Jan 1970 00:00:01 GMT",
            "Expires=Thu, 01 Jan 2037 00:00:01 GMT", "Expires=0")] + [
        Ask("/lm/size/100", fields=VIA), Ask("/lm/fields?Last-Modified=Thu, 01 Jan 1970 00:00:01 GMT", fields=VIA), Ask("/et/size/100", fields=VIA), Ask("/et/fields?ETag=%22a%22", fields=VIA)] + [
        Ask("/size/100", fields=GZ + [("User-Agent", ua)], note=ua) for ua in ("old/5", "Older/x", "Mozilla/4.0 (compatible; MSIE 5.5; Windows)", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", "Mozilla/4.0 (compatible; MSIE 7.0)", "Mozilla/5.0 (compatible; MSIE 10.0)", "Mozilla/4.0 MSIE 6")]),
]
