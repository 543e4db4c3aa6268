# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the plays. What they are made of is in lib/; tests/README.md says how to run one."""
import os
import pathlib
import shutil
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from lib import jobs, netns, origin as origins, program, toys, where  # noqa: E402

LANGUAGES = ("nginx", "haproxy")


def pytest_report_header(config):
    if where.TEST_PEER:
        return f"under test: Debian's nginx and haproxy in {where.PEERS}"
    kind = "sanitized" if where.is_sanitized(where.keel()) else "not sanitized"
    return f"under test: {where.keel()} ({kind})"


def _ended(*_):
    raise KeyboardInterrupt("ended by a signal")


def pytest_terminal_summary(terminalreporter):
    jobs.write_failed(terminalreporter.stats, os.environ.get("KEEL_FAILED_PLAYS"))


def pytest_sessionstart(session):
    for number in (signal.SIGTERM, signal.SIGHUP):      # what was started is stopped all the same
        signal.signal(number, _ended)
    if where.missing("root") is None:
        netns.remove_leftovers()


def known_gaps():
    lines = (pathlib.Path(__file__).parent / "known_gaps.txt").read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """what known_gaps.txt lists is run, told apart, and breaks nothing"""
    jobs.share_out(items)
    gaps = known_gaps()
    for item in items:
        name = item.nodeid if item.nodeid.startswith("tests/") else "tests/" + item.nodeid
        if not where.TEST_PEER and name.startswith(gaps):
            item.add_marker(pytest.mark.xfail(reason="a known gap: tests/known_gaps.txt", strict=False))


def pytest_runtest_setup(item):
    for mark in item.iter_markers("needs"):
        for thing in mark.args:
            why = where.missing(thing)
            if why:
                pytest.skip(why)
    mark = item.get_closest_marker("keel_only")
    if mark and where.TEST_PEER:
        pytest.skip("not asked of the peers: " + mark.args[0])


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """a play that hangs fails, and its fixtures still clean up"""
    mark = item.get_closest_marker("timeout")
    seconds = mark.args[0] if mark else 60

    def late(*_):
        raise TimeoutError(f"the play took longer than {seconds} s")
    old = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """shows the program's own words beside a failure"""
    outcome = yield
    report = outcome.get_result()
    item.failed = getattr(item, "failed", False) or report.failed
    if report.failed and call.when == "call":
        for p in getattr(item, "programs", []):
            for name in (p.file.name, "stderr", "stdout", "error.log", "access.log"):
                text = p.read(name)
                if text:
                    report.sections.append((f"{p.language}: {name}", text[-4000:]))


def pytest_generate_tests(metafunc):
    """`both_builds`: also with the release build, where chroot and seccomp are real"""
    if metafunc.definition.get_closest_marker("both_builds") and not where.TEST_PEER and where.is_sanitized(where.keel()):
        metafunc.parametrize("build", ["sanitized", pytest.param("release", marks=pytest.mark.needs("release"))], indirect=True)


@pytest.fixture
def build(request):
    """the binary of a play that says nothing else; None: the one under test"""
    return where.keel_release() if getattr(request, "param", "") == "release" else None


@pytest.fixture
def work(request):
    """a folder that any user may enter, removed afterwards (kept and named when KEEL_KEEP is set and the play failed)"""
    path = pathlib.Path(tempfile.mkdtemp(prefix="keel-play-"))
    os.chmod(path, 0o755)
    yield path
    if os.environ.get("KEEL_KEEP") and getattr(request.node, "failed", False):
        print(f"kept: {path}")
        return
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(params=LANGUAGES)
def language(request):
    if where.TEST_PEER and where.missing(request.param):
        pytest.skip(where.missing(request.param))
    return request.param


@pytest.fixture
def prepare(request, work, build):
    """prepare(language, text, **values) -> a Program that is not started; it is stopped and judged afterwards"""
    made = request.node.programs = []

    def make(language, text, **values):
        if where.TEST_PEER and where.missing(language):
            pytest.skip(where.missing(language))
        folder = work / f"{language}{len(made)}"
        folder.mkdir(mode=0o755)
        os.chmod(folder, 0o755)
        values["binary"] = values.get("binary") or build
        made.append(program.Program(language, folder, text, **values))
        return made[-1]
    yield make
    trouble = []
    for p in made:
        forced = p.stop() if p.popen else []
        if forced:
            trouble.append(f"{p.language}: had to be killed, it did not stop in time: pids {forced}")
        if not where.TEST_PEER:
            trouble += p.crashes()
    if trouble:
        pytest.fail("\n".join(trouble), pytrace=False)


@pytest.fixture
def start(prepare):
    """start(language, text, **values) -> a running Program; listens=, daemon=, seconds= go to Program.start"""
    def run(language, text, **values):
        how = {k: values.pop(k) for k in ("listens", "daemon", "seconds") if k in values}
        return prepare(language, text, **values).start(**how)
    return run


@pytest.fixture
def origin():
    """origin(name) -> a started Origin; all of one play share what /once counts"""
    made, once = [], set()

    def make(name="o1", **more):
        made.append(origins.Origin(name, once=once, **more).start())
        return made[-1]
    yield make
    for o in made:
        o.stop()


@pytest.fixture
def toy():
    """toy(serve, port) -> a started Toy; serve(socket) is called for each connection"""
    made = []

    def make(serve, port=0):
        made.append(toys.Toy(serve, port))
        return made[-1]
    yield make
    for t in made:
        t.stop()
