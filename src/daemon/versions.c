/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/versions.h"

#include <openssl/crypto.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <sys/utsname.h>

#include "daemon/cli.h"

void versions_keel(FILE *to)
{
    fprintf(to,
            "keel " KEEL_VERSION " (Evenkeel)\n"
            "speaks: nginx " VERSION_NGINX ", haproxy " VERSION_HAPROXY ", keepalived " VERSION_KEEPALIVED
            "\n"
            "with: %s, PCRE2 %d.%d\n",
            OpenSSL_version(OPENSSL_VERSION), PCRE2_MAJOR, PCRE2_MINOR);
}

/* What nginx has unless it is told not to, and we refuse: scripts and tests look here before they write a
 * file. */
#define WITHOUT                                                                                              \
    " --without-http_ssi_module --without-http_userid_module --without-http_mirror_module "                  \
    "--without-http_fastcgi_module"                                                                          \
    " --without-http_uwsgi_module --without-http_scgi_module --without-http_grpc_module"                     \
    " --without-http_memcached_module --without-http_browser_module --without-http-cache "                   \
    "--without-stream_pass_module"

void versions_nginx(FILE *to, bool all)
{
    fputs("nginx version: nginx/" VERSION_NGINX " (evenkeel " KEEL_VERSION ")\n", to);
    if (!all)
        return;
    struct arena *a = arena_new(0);
    struct span prefix = cli_prefix(a);
    fprintf(to,
            "built with %s\n"
            "TLS SNI support enabled\n"
            "configure arguments: --prefix=%.*s --conf-path=/etc/nginx/nginx.conf"
            " --http-log-path=/var/log/nginx/access.log --error-log-path=/var/log/nginx/error.log"
            " --pid-path=/run/nginx.pid --with-http_ssl_module --with-http_realip_module "
            "--with-http_stub_status_module --with-http_gzip_static_module --with-http_random_index_module "
            "--with-http_secure_link_module --with-stream --with-stream_ssl_module "
            "--with-stream_ssl_preread_module"
            " --with-stream_realip_module --with-pcre-jit --with-threads" WITHOUT "\n",
            OpenSSL_version(OPENSSL_VERSION), SPAN_ARGS(prefix));
    arena_free(&a);
}

void versions_haproxy(FILE *to, bool all)
{
    struct utsname os = { 0 };

    (void)uname(&os);
    fprintf(to,
            "HAProxy version " VERSION_HAPROXY " (evenkeel " KEEL_VERSION ")\n"
            "Running on: %s %s %s %s\n",
            os.sysname, os.release, os.version, os.machine);
    if (!all)
        return;
    fprintf(to,
            "Build options :\n"
            "  OPTIONS = USE_OPENSSL=1 USE_PCRE2=1 USE_PCRE2_JIT=1\n"
            "\n"
            "Feature list : +EPOLL -KQUEUE +NETFILTER +PCRE2 +PCRE2_JIT +POLL +THREAD +OPENSSL -LUA -QUIC "
            "+LINUX_SPLICE"
            " +LINUX_TPROXY +TPROXY +NS\n"
            "\n"
            "Built with multi-threading support\n"
            "Built with OpenSSL version : %s\n"
            "Built with PCRE2 version : %d.%d\n"
            "\n"
            "Available polling systems :\n"
            "      epoll : pref=300,  test result OK\n"
            "Total: 1 (1 usable), will use epoll.\n"
            "\n"
            "Available multiplexer protocols :\n"
            "         h1 : mode=HTTP  side=FE|BE  mux=H1    flags=HTX|NO_UPG\n"
            "       none : mode=TCP   side=FE|BE  mux=PASS  flags=NO_UPG\n",
            OpenSSL_version(OPENSSL_VERSION), PCRE2_MAJOR, PCRE2_MINOR);
}

void versions_keepalived(FILE *to)
{
    fputs("Keepalived v" VERSION_KEEPALIVED " (evenkeel " KEEL_VERSION ")\n", to);
}
