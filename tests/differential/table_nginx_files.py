# SPDX-License-Identifier: Apache-2.0
"""nginx's language: pages of folders, and what else is made of files."""
from compare import Ask, Group
from table_nginx import GZ, MIME, SITE, server

FOLDER = {f"html/d/{name}": "x" * size for name, size in (
    ("five", 5), ("k15", 1500), ("k9999", 9999), ("k10000", 10000), ("k10240", 10240), ("k10751", 10751), ("k10752", 10752), ("m1", 1048575), ("m1exact", 1048576), ("sub/x", 1), ("Zdir/y", 1), ("a b/z", 1), (".hidden", 1), ("q?x", 1), ("h#x", 1),
    ("amp&lt<gt>\"q's", 1), ("col:on", 1), ("per%cent", 1), ("tab\tx", 1), ("ctl\x01x", 1), ("back\\slash", 1), ("!$()*+,;=@[]^`{|}~-_.", 1), ("l" * 49 + ".t", 1), ("m" * 50, 1), ("n" * 51, 1), ("o" * 60, 1), ("\xe4" * 52, 1), ("\xe9" * 45, 1),
    ("D" * 49 + "/x", 1), ("E" * 50 + "/x", 1), ("F" * 51 + "/x", 1))}

GROUPS = [
    Group("nginx/autoindex", "autoindex", server("""
        root @dir@/html;
        location /d/ { autoindex on; }
        location /rough/ { alias @dir@/html/d/; autoindex on; autoindex_exact_size off; autoindex_localtime on; }
        location /j/ { alias @dir@/html/d/; autoindex on; autoindex_format json; }
        location /x/ { alias @dir@/html/d/; autoindex on; autoindex_format xml; charset utf-8; }
        location /p/ { alias @dir@/html/d/; autoindex on; autoindex_format jsonp; }
        location /cs/ { alias @dir@/html/d/; autoindex on; charset utf-8; }
        location /gz/ { alias @dir@/html/d/; autoindex on; gzip on; }
        location /off/ { autoindex on; alias @dir@/html/d/; location /off/really/ { autoindex off; alias @dir@/html/d/; } }
        location /page/ { alias @dir@/html/; autoindex on; index index.html; }
        location ~ ^/rx/(.*)$ { alias @dir@/html/$1; autoindex on; }
        location /empty/ { alias @dir@/html/nothing/; autoindex on; }
        location /plain { default_type text/x; alias @dir@/html/d; autoindex on; }"""), [
        *[Ask(p) for p in ("/d/", "/rough/", "/j/", "/x/", "/p/", "/p/?callback=cb.a_1", "/p/?CALLBACK=cb", "/p/?callback=a-b", "/p/?callback=a%20b", "/p/?callback=", "/cs/", "/off/", "/off/really/", "/page/", "/page/sub/", "/page/none/", "/rx/d/", "/empty/",
                           "/d/Zdir/", "/d/Zdir", "/j/Zdir/", "/x/Zdir/", "/d/five", "/d/a%20b/", "/plain/", "/d/?x=%3Cy%3E", "/d/.hidden/", "/d/five/")],
        Ask("/d/", "HEAD"), Ask("/j/", "HEAD"), Ask("/d/", "POST", body=b"x"), Ask("/d/", "PUT", body=b"x"), Ask("/d/Zdir/", version="1.0"), Ask("/gz/", fields=GZ),
        Ask("/d/Zdir/", fields=[("Range", "bytes=0-4"), ("If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT")])], files={**SITE, **FOLDER, "html/nothing/.keep": ""}),

    Group("nginx/random_index", "random_index", server("""
        root @dir@/html;
        location /one/ { random_index on; }
        location /none/ { random_index on; }
        location /off/ { random_index off; index a.txt; }
        location /both/ { random_index on; index a.txt; }
        location /list/ { random_index on; autoindex on; }"""), [
        Ask("/one/"), Ask("/one/", "HEAD"), Ask("/one/", "POST", body=b"x"), Ask("/none/"), Ask("/off/"), Ask("/both/"), Ask("/one"), Ask("/gone/"), Ask("/list/sub/")],
        files={"html/one/only.html": "only\n", "html/one/.hidden": "h", "html/one/sub/x": "x", "html/none/sub/x": "x", "html/off/a.txt": "a\n", "html/both/.hid": "", "html/both/b.txt": "b\n", "html/list/sub/x/y": ""}),

    Group("nginx/empty_gif", "empty_gif", server("""
        location /g { empty_gif; }
        location = /_.gif { empty_gif; expires 1h; add_header X-A b; }
        location /if { if ($arg_x) { return 204; } empty_gif; }
        location /off { if_modified_since off; empty_gif; }"""), [
        *[Ask(p) for p in ("/g", "/g/x.html", "/_.gif", "/if", "/if?x=1")], Ask("/g", "HEAD"), Ask("/g", "POST", body=b"x"), Ask("/g", "DELETE"), Ask("/g", version="1.0"), Ask("/g", fields=[("Range", "bytes=0-3")]),
        *[Ask(p, fields=[("If-Modified-Since", d)], note=f"{p} since {d}") for p in ("/g", "/off", "/_.gif") for d in ("Mon, 28 Sep 1970 06:00:00 GMT", "Mon, 28 Sep 1970 06:00:01 GMT")]]),

    Group("nginx/gzip_static", "gzip_static", server("""
        root @dir@/html;
        location /on/ { alias @dir@/html/; gzip_static on; }
        location /always/ { alias @dir@/html/; gzip_static always; }
        location /off/ { alias @dir@/html/; gzip_static off; }
        location /vary/ { alias @dir@/html/; gzip_static on; gzip_vary on; }
        location /alvary/ { alias @dir@/html/; gzip_static always; gzip_vary on; }
        location /both/ { alias @dir@/html/; gzip_static on; gzip on; gzip_vary on; gzip_min_length 1; gzip_types *; }
        location /proxied/ { alias @dir@/html/; gzip_static on; gzip_proxied any; }
        location /v10/ { alias @dir@/html/; gzip_static on; gzip_http_version 1.0; }
        location /dis/ { alias @dir@/html/; gzip_static on; gzip_disable Old; }
        location /try/ { gzip_static on; try_files /none $uri /a.txt; }
        location /page/ { gzip_static on; error_page 404 /on/a.txt; alias @dir@/nowhere/; }
        location / { gzip_static on; }""", MIME), [
        *[Ask(f"/{p}/{f}", fields=a, note=f"{p} {f} {bool(a)}") for p in ("on", "always", "off", "vary", "alvary", "both") for f in ("a.txt", "style.css", "only.txt", "none") for a in ([], GZ)
          if (p, f, a) != ("vary", "only.txt", [])],     # nginx says of a 404 that it varies
        Ask("/on/", fields=GZ), Ask("/on/sub", fields=GZ), Ask("/on/dir.txt", fields=GZ), Ask("/on/a.txt", "HEAD", fields=GZ), Ask("/on/a.txt", "POST", fields=GZ, body=b"x"), Ask("/always/only.txt", "POST", body=b"x"), Ask("/on/a.txt", fields=GZ + [("Via", "x")]), Ask("/proxied/a.txt", fields=GZ + [("Via", "x")]),
        Ask("/on/a.txt", fields=GZ, version="1.0"), Ask("/v10/a.txt", fields=GZ, version="1.0"), Ask("/dis/a.txt", fields=GZ + [("User-Agent", "Older")]), Ask("/on/a.txt", fields=GZ + [("Range", "bytes=0-3")]), Ask("/on/a.txt", fields=[("Range", "bytes=0-3")]), Ask("/on/a.txt", fields=[("Accept-Encoding", "gzip;q=0")]),
        Ask("/on/a.txt", fields=GZ + [("If-Modified-Since", "Tue, 14 Nov 2023 22:13:20 GMT")]), Ask("/try/x", fields=GZ), Ask("/try/a.txt", fields=GZ), Ask("/page/x", fields=GZ), Ask("/", fields=GZ), Ask("/sub/", fields=GZ), Ask("/vary/a.txt", "HEAD")],
        files={**SITE, "html/a.txt.gz": "not what a.txt is, and longer\n", "html/only.txt.gz": "only packed\n", "html/index.html.gz": "<p>packed home\n", "html/dir.txt.gz/x": "a folder", "html/dir.txt": "plain\n"}),
]
