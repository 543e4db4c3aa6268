# SPDX-License-Identifier: Apache-2.0
"""A hundred small files: taken or refused as the real keepalived -t does, which is asked too where it is there. A file of the third list
differs on purpose, and says why."""
import os
import subprocess

import pytest

from lib import netns, where

pytestmark = pytest.mark.keel_only("both are asked")

INSTANCE = """vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 80
    priority 100
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        192.168.122.100
    }
@lines@
}
"""
THREE = INSTANCE.replace("    authentication {\n        auth_type PASS\n        auth_pass 1111\n    }\n", "    version 3\n")


def instance(*lines, base=INSTANCE, before=""):
    return before + base.replace("@lines@", "\n".join("    " + l for l in lines))


def changed(old, new, base=INSTANCE):
    assert old in base
    return instance(base=base.replace(old, new))


def block(word, *rows):
    return [word + " {", *("    " + r for r in rows), "}"]


def globals_(*lines):
    return "global_defs {\n" + "".join(f"    {l}\n" for l in lines) + "}\n" + instance()


def script(*lines, track="chk"):
    secure = "global_defs {\n    enable_script_security\n    script_user root\n}\n"
    return instance(*block("track_script", track), before=secure + "vrrp_script chk {\n" + "".join(f"    {l}\n" for l in lines) + "}\n")


SCRIPT = 'script "/bin/true"', "user root"

TAKEN = {
    "the course's file": instance("nopreempt"),
    "version 3, a tenth": changed("advert_int 1", "advert_int 0.1", THREE),
    "state MASTER": changed("state BACKUP", "state MASTER"),
    "priority 255": changed("priority 100", "priority 255").replace("BACKUP", "MASTER"),
    "priority 1": changed("priority 100", "priority 1"),
    "vrid 255": changed("virtual_router_id 80", "virtual_router_id 255"),
    "advert_int 255": changed("advert_int 1", "advert_int 255"),
    "preempt": instance("preempt"),
    "preempt_delay": instance("preempt_delay 300"),
    "mcast_src_ip": instance("mcast_src_ip 192.168.122.56"),
    "unicast": instance("unicast_src_ip 192.168.122.56", *block("unicast_peer", "192.168.122.57")),
    "unicast, two peers": instance("unicast_src_ip 192.168.122.56", *block("unicast_peer", "192.168.122.57", "192.168.122.58")),
    "unicast_ttl": instance("unicast_ttl 64", "unicast_src_ip 192.168.122.56", *block("unicast_peer", "192.168.122.57")),
    "dont_track_primary": instance("dont_track_primary"),
    "track_interface": instance(*block("track_interface", "lo")),
    "track_interface, weight": instance(*block("track_interface", "lo weight 10")),
    "excluded": instance(*block("virtual_ipaddress_excluded", "192.168.123.1", "fe80::1")),
    "an address with everything": changed("        192.168.122.100\n", "        192.168.122.100/24 brd 192.168.122.255 dev eth0 scope global label eth0:1\n"),
    "an address brd +": changed("        192.168.122.100\n", "        192.168.122.100/24 brd + dev eth0\n"),
    "routes": instance(*block("virtual_routes", "10.8.0.0/16 via 192.168.122.9 dev eth0")),
    "a route with a source": instance(*block("virtual_routes", "src 192.168.100.1 to 192.168.109.0/24 via 192.168.200.254 dev eth0")),
    "a route with numbers": instance(*block("virtual_routes", "10.8.0.0/16 via 192.168.122.9 dev eth0 mtu 1400 advmss 1300 hoplimit 9 window 1000 initcwnd 20 initrwnd 20 reordering 5 quickack 1")),
    "rules": instance(*block("virtual_rules", "from 192.168.2.0/24 table 100 preference 38", "to 10.0.0.0/8 iif lo oif eth0 tos 16 fwmark 24/12 table 5 preference 39 no_track")),
    "rules that go elsewhere": instance(*block("virtual_rules", "from 10.5.0.0/16 goto 700 priority 40", "to 10.6.0.0/16 blackhole preference 41")),
    "static rules": "static_rules {\n    from 192.168.2.0/24 table 100 preference 50\n}\n" + instance(),
    "IPv6": changed("192.168.122.100", "fe80::7", THREE),
    "IPv6 by native_ipv6": instance("native_ipv6", base=THREE.replace("192.168.122.100", "fe80::7")),
    "garp words": instance("garp_master_delay 1", "garp_master_repeat 3", "garp_master_refresh 60", "garp_master_refresh_repeat 2", "garp_lower_prio_delay 10", "garp_lower_prio_repeat 1"),
    "garp in globals": globals_("vrrp_garp_master_delay 10", "vrrp_garp_master_repeat 1", "vrrp_garp_master_refresh 60", "vrrp_garp_interval 0.001", "vrrp_gna_interval 0.000001"),
    "lower and higher priorities": instance("lower_prio_no_advert true", "higher_prio_send_advert false"),
    "skip_check_adv_addr": instance("skip_check_adv_addr"),
    "debug": instance("debug 2"),
    "accept": instance("accept", base=THREE),
    "use_vmac": instance("use_vmac", "vmac_xmit_base", base=THREE),
    "use_vmac with a name": instance("use_vmac vrrp80", base=THREE),
    "vmac_prefix": globals_("vmac_prefix kv"),
    "a script": script(*SCRIPT),
    "a group of two": instance() + instance().replace("VI_1", "VI_2").replace("id 80", "id 81").replace("122.100", "122.101") + "vrrp_sync_group G {\n    group {\n        VI_1\n        VI_2\n    }\n}\n",
    "a script with everything": script(*SCRIPT, "interval 2", "timeout 1", "weight -20", "rise 2", "fall 3", "init_fail"),
    "a script's weight in track_script": script(*SCRIPT, track="chk weight 10"),
    "a script, reverse": script(*SCRIPT, track="chk weight 10 reverse"),
    "notify scripts": instance("notify_master /bin/true root", "notify_backup /bin/true root", "notify_fault /bin/true root", "notify_stop /bin/true root", "notify /bin/true root"),
    "notify with words": instance('notify_master "/bin/echo a b" root'),
    "script security": "global_defs {\n    enable_script_security\n    script_user root\n}\n" + instance("notify /bin/true"),
    "track_process": instance(*block("track_process", "p"), before='vrrp_track_process p {\n    process "sh"\n    weight 10\n    quorum 1\n}\n'),
    "track_file": instance(*block("track_file", "f"), before="track_file f {\n    file /tmp/none\n    weight 1\n}\n"),
    "smtp_alert": instance("smtp_alert", before="global_defs {\n    notification_email {\n        a@example.com\n    }\n    notification_email_from b@example.com\n    smtp_server 127.0.0.1\n    smtp_connect_timeout 30\n}\n"),
    "router_id": globals_("router_id LVS_DEVEL"),
    "vrrp_version": globals_("vrrp_version 2"),
    "groups": globals_("vrrp_mcast_group4 224.0.0.18", "vrrp_mcast_group6 ff02::12"),
    "skip in globals": globals_("vrrp_skip_check_adv_addr"),
    "priorities of the process": globals_("vrrp_priority -10", "vrrp_no_swap"),
    "startup delay": globals_("vrrp_startup_delay 1.5"),
    "static addresses": "static_ipaddress {\n    192.168.125.1/24 dev eth0\n}\n" + instance(),
    "static routes": "static_routes {\n    192.168.126.0/24 via 192.168.122.9 dev eth0\n}\n" + instance(),
    "comments": "! one\n# two\n" + instance("nopreempt # three", "dont_track_primary ! four"),
    "braces on their own line": instance().replace("vrrp_instance VI_1 {", "vrrp_instance VI_1\n{"),
    "a definition": "$PRIORITY=100\n" + changed("priority 100", "priority $PRIORITY"),
    "conditional lines": "@none priority 1\n" + instance("@none nopreempt", "@^none nopreempt"),
    "two instances": instance() + instance().replace("VI_1", "VI_2").replace("id 80", "id 81").replace("122.100", "122.101"),
    "fifo": globals_("vrrp_notify_fifo /tmp/keel-none-fifo", "script_user root"),
    "promote_secondaries": instance("promote_secondaries"),
    "weight -253": script(*SCRIPT, "weight -253"),
    "priority changes are told": instance("notify_priority_changes true"),
    "down_timer_adverts": globals_("vrrp_down_timer_adverts 2"),
    "IPv6 unicast": instance("unicast_src_ip fe80::1", *block("unicast_peer", "fe80::2"), base=THREE.replace("192.168.122.100", "fe80::7")),
    "log_unknown_vrids": globals_("log_unknown_vrids"),
    "track_src_ip": instance("mcast_src_ip 192.168.122.56", "track_src_ip"),
    "an include": "include /dev/null\n" + instance(),
    "check_unicast_src": instance("check_unicast_src", "unicast_src_ip 192.168.122.56", *block("unicast_peer", "192.168.122.57")),
    "nothing but globals": "global_defs {\n    router_id a\n}\n",
}
REFUSED = {
    "an unknown word": instance("no_such_word"),
    "an unknown block": "no_such_block {\n    a b\n}\n" + instance(),
    "an unknown word in global_defs": globals_("no_such_word 1"),
    "vrid 0": changed("virtual_router_id 80", "virtual_router_id 0"),
    "vrid 256": changed("virtual_router_id 80", "virtual_router_id 256"),
    "vrid words": changed("virtual_router_id 80", "virtual_router_id eighty"),
    "no vrid": changed("    virtual_router_id 80\n", ""),
    "no interface": changed("    interface eth0\n", ""),
    "priority 256": changed("priority 100", "priority 256"),
    "priority 0": changed("priority 100", "priority 0"),
    "priority words": changed("priority 100", "priority high"),
    "advert_int 0": changed("advert_int 1", "advert_int 0"),
    "advert_int words": changed("advert_int 1", "advert_int one"),
    "advert_int too long": changed("advert_int 1", "advert_int 256"),
    "version 4": instance("version 4"),
    "auth_type unknown": changed("auth_type PASS", "auth_type NONESUCH"),
    "an address that is none": changed("        192.168.122.100\n", "        192.168.122.300\n"),
    "a prefix of 33": changed("        192.168.122.100\n", "        192.168.122.100/33\n"),
    "an address on no interface": changed("        192.168.122.100\n", "        192.168.122.100 dev\n"),
    "a rule with a word too many": instance(*block("virtual_rules", "from 10.0.0.0/8 table 7 colour blue")),
    "mcast_src_ip that is none": instance("mcast_src_ip 1.2.3"),
    "a peer that is none": instance(*block("unicast_peer", "1.2.3.4.5")),
    "a brace too many": instance() + "}\n",
    "a block that does not end": instance().rstrip().rstrip("}"),
    "two vrids alike": instance() + instance().replace("VI_1", "VI_2").replace("122.100", "122.101"),
    "two names alike": instance() + instance().replace("id 80", "id 81").replace("122.100", "122.101"),
    "a script that is not there": instance(*block("track_script", "nope")),
    "a script without script": script("interval 1"),
    "weight 300": script(*SCRIPT, "weight 300"),
    "weight words": script(*SCRIPT, "weight ten"),
    "interval words": script(*SCRIPT, "interval often"),
    "a script of nobody we know": script('script "/bin/true"', "user nosuchuser"),
    "a process that is not there": instance(*block("track_process", "nope")),
    "a file that is not there": instance(*block("track_file", "nope")),
    "a group of nobody": instance() + "vrrp_sync_group G {\n    group {\n        VI_9\n    }\n}\n",
    "garp_master_delay words": instance("garp_master_delay soon"),
    "preempt_delay too long": instance("preempt_delay 1001"),
}
# what only one of both takes, and why
OURS = {
    "a blackhole": (instance(*block("virtual_routes", "blackhole 192.168.114.0/24")), "theirs warns that it cannot track a route without an interface, and counts that as an error"),
    "a rule without a preference": (instance(*block("virtual_rules", "from 10.0.0.0/8 table 7")), "theirs says that its number is probably not what one wants, and counts that as an error"),
    "a group of one": (instance() + "vrrp_sync_group G {\n    group {\n        VI_1\n    }\n}\n", "theirs finds it pointless; it is harmless"),
    "its own interface is tracked": (instance(*block("track_interface", "eth0")), "theirs ignores it; it is harmless"),
}
THEIRS = {
    "an include that is missing": ("include /no/such/file.conf\n" + instance(), "theirs says so and goes on without what is in it"),
}


def ask(argv, work, text, env=None):
    path = work / "keepalived.conf"
    path.write_text(text)
    os.chmod(path, 0o644)
    done = subprocess.run([*map(str, argv), "-t", "-f", str(path)], capture_output=True, text=True, timeout=20, env={**os.environ, "LC_ALL": "C", **(env or {})})
    return done.returncode, done.stdout + done.stderr


def ours(work, text):
    code, said = ask([where.keel(), "keepalived"], work, text)
    assert code in (0, 5, 6), said
    return code in (0, 6), said


@pytest.fixture(scope="module")
def net():
    """the real one looks for the interface"""
    n = netns.Net({"host": "192.168.122.56"})
    yield n
    n.remove()


def theirs(net, work, text):
    """6: scripts without script security, which it would run all the same"""
    code, said = ask(net.argv("host", [where.peer("keepalived")]), work, text, where.peer_environment())
    assert code in (0, 3, 4, 5, 6), (code, said)
    return code in (0, 6), said


ALL = [(name, text, True) for name, text in TAKEN.items()] + [(name, text, False) for name, text in REFUSED.items()]


@pytest.mark.timeout(120)
def test_ours(work):
    wrong = []
    for name, text, taken in ALL:
        did, said = ours(work, text)
        if did != taken:
            wrong.append(f"{name}: {'taken' if did else 'refused'}\n{said}")
        if not did and "-->" not in said and "keepalived.conf:" not in said:
            wrong.append(f"{name}: refused without saying where\n{said}")
    for table, expected in ((OURS, True), (THEIRS, False)):
        for name, (text, why) in table.items():
            did, said = ours(work, text)
            if did != expected:
                wrong.append(f"{name}: {'taken' if did else 'refused'}\n{said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.needs("keepalived", "root", "netns")
@pytest.mark.timeout(120)
def test_the_real_one_says_the_same(work, net):
    wrong = []
    for name, text, taken in ALL:
        did, said = theirs(net, work, text)
        if did != taken:
            wrong.append(f"{name}: {'taken' if did else 'refused'}\n{said[-600:]}")
    for table, expected in ((OURS, False), (THEIRS, True)):
        for name, (text, why) in table.items():
            did, said = theirs(net, work, text)
            if did != expected:
                wrong.append(f"{name}: no longer different ({why})\n{said[-600:]}")
    assert not wrong, "\n".join(wrong)


def keepalived(work, *words):
    path = work / "keepalived.conf"
    path.write_text(instance())
    done = subprocess.run([str(where.keel()), "keepalived", "-f", str(path), *map(str, words)], capture_output=True, text=True, timeout=20, env={**os.environ, "LC_ALL": "C"})
    return done.returncode, done.stdout, done.stderr


def test_words_of_the_command_line(work):
    for words in (["-t"], ["-nlDPt"], ["-S", "0", "-t"], ["-S", "local3", "-t"], ["-p", "/tmp/x", "-r", "/tmp/y", "-t"], ["-s", "blue", "-t"], ["-G", "-R", "-V", "-t"],
                  ["-e", "-B", "-I", "-X", "-u", "022", "-t"], ["-C", "-P", "-t"], ["--config-test", "--log-console"], ["-i", "main", "-t"], ["--all", "-t"]):
        code, out, err = keepalived(work, *words)
        assert code == 0, (words, err)
    for word in ("-d", "-a", "-m"):
        code, out, err = keepalived(work, word, "-t")
        assert code == 0 and f"keepalived: {word}: " in err, "accepted, with a word about it"
    for words in (["-c", "/tmp/z", "-t"], ["-b", "/tmp/z", "-t"]):
        code, out, err = keepalived(work, *words)
        assert code == 0 and "there is no such process" in err
    for words in (["-g", "/tmp/z"], ["-x"], ["-A", "/tmp/z"], ["-M"], ["-T"], ["--perf=run"], ["--debug"], ["--flush-log-file"], ["--no-mem-check"]):
        code, out, err = keepalived(work, *words, "-t")
        assert code == 1 and err.startswith(f"keepalived: {words[0].partition('=')[0]}: ") and len(err.splitlines()) == 1, "refused by name"
    for words in (["-C"], ["-S", "nine"], ["-u", "9"], ["--nonsense"], ["-Z"], ["word"], ["-f"]):
        code, out, err = keepalived(work, "-t", *words)
        assert code == 1 and len(err.splitlines()) == 1, (words, err)
    log = work / "log"
    assert keepalived(work, f"-t{log}")[0] == 0 and log.exists()
    assert "Keepalived v" in keepalived(work, "-v")[2] and "--use-file" in keepalived(work, "-h")[1]


SECURITY = "SECURITY VIOLATION - scripts are being executed but script_security not enabled."
INSECURE = instance(*block("track_script", "chk"), before='vrrp_script chk {\n    script "/bin/true"\n}\n')
# what `keepalived -t` ends with, and its first line where both say the same
CODES = {
    "nothing is wrong": (instance(), 0, ""),
    "a word that it does not know": (instance("no_such_word"), 5, "(FILE: Line 14) Unknown keyword 'no_such_word'"),
    "no virtual router id": (changed("    virtual_router_id 80\n", ""), 5, None),
    "a priority of 300": (changed("priority 100", "priority 300"), 5, None),
    "scripts, and no script security": (INSECURE, 6, None),
    "an empty file": ("", 0, ""),
}


def codes_and_first_lines(argv, work, env=None):
    wrong = []
    for name, (text, code, first) in CODES.items():
        got, said = ask(argv, work, text, env)
        line = said.splitlines()[0].replace(str(work / "keepalived.conf"), "FILE") if said else ""
        if got != code or (first is not None and line != first) or (code == 6) != (SECURITY in said.splitlines()):
            wrong.append(f"{name}: {got}, {said}")
    return wrong


def test_codes_of_the_config_test(work):
    assert codes_and_first_lines([where.keel(), "keepalived"], work) == []
    done = subprocess.run([where.keel(), "keepalived", "-t", "-f", work / "none"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 4 and str(work / "none") in done.stderr, "with -e, so the real one"
    for words in (["--nonsense"], ["-Z"]):
        assert keepalived(work, *words)[2].splitlines()[0] == f"Unknown option {words[0]}"
    assert keepalived(work, "-S", "nine")[2].splitlines()[0] == "Invalid log facility 'nine'"


@pytest.mark.needs("keepalived", "root", "netns")
def test_codes_of_the_real_ones_config_test(work, net):
    argv = net.argv("host", [where.peer("keepalived")])
    assert codes_and_first_lines(argv, work, where.peer_environment()) == []
    done = subprocess.run([*argv, "-t", "-e", "-f", work / "none"], capture_output=True, text=True, env={**os.environ, **where.peer_environment(), "LC_ALL": "C"})
    assert done.returncode == 4
    for word in ("--nonsense", "-Z"):
        done = subprocess.run([*argv, "-t", word], capture_output=True, text=True, env={**os.environ, **where.peer_environment(), "LC_ALL": "C"})
        assert done.returncode == 1 and done.stderr.splitlines()[0] == f"Unknown option {word}"


def test_a_hundred_files():
    assert len(ALL) + len(OURS) + len(THEIRS) >= 100
