"""The way from nothing but bash and python3 to a running Python environment, and what is said when it ends early."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from usosapi_mleg.demo.layout import ROOT

BASH = shutil.which("bash") or "/bin/bash"


@pytest.fixture
def maker() -> ModuleType:
    """The program that makes the environment."""
    spec = importlib.util.spec_from_file_location("prepare_environment", ROOT / "script" / "prepare_environment.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start_with(folder: Path, *, python: str | None) -> subprocess.CompletedProcess[str]:
    """Run script/demo on a machine where there is nothing but this ``python3``, given as a line that changes `sys`."""
    for name in ("bash", "dirname", "readlink"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    if python is not None:
        (folder / "python3").write_text(
            f"#!{BASH}\nexec {sys.executable} -c 'import sys; {python}; exec(sys.argv[1])' \"$2\"\n"
        )
        (folder / "python3").chmod(0o755)
    command = [BASH, str(ROOT / "script" / "demo"), "--check"]
    return subprocess.run(command, check=False, env={"PATH": str(folder)}, capture_output=True, text=True)


def test_a_machine_without_python_is_told_so(tmp_path: Path) -> None:
    done = start_with(tmp_path, python=None)
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed; no python3 was found.\n"


def test_a_python_that_is_too_old_is_named(tmp_path: Path) -> None:
    done = start_with(tmp_path, python='sys.version_info = (3, 9, 2, "final", 0)')
    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed; the python3 found here is 3.9.\n"


def test_a_python_without_venv_is_told_which_package_to_install(tmp_path: Path) -> None:
    done = start_with(tmp_path, python='sys.version_info = (3, 12, 1, "final", 0); sys.modules["ensurepip"] = None')
    assert done.returncode == 1
    assert done.stderr == (
        "Python 3.12 is here but its venv module is missing; on Debian and Ubuntu: apt install python3.12-venv\n"
    )


def test_what_the_tests_need_includes_what_the_demo_needs(maker: ModuleType) -> None:
    demo, test = set(maker.requirements("demo")), set(maker.requirements("test"))
    assert demo < test
    assert any(line.startswith("flask>=") for line in demo)
    assert not any("usosapi_mleg" in line for line in test)


def test_an_environment_fits_only_complete_and_in_its_place(maker: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    stamp = {
        "folder": str(folder),
        "python": str((folder / "bin" / "python").resolve()),
        "requirements": ["flask>=3", "psutil>=7"],
    }
    (folder / maker.STAMP).write_text("not complete")
    assert not maker.fits(folder, [])
    (folder / maker.STAMP).write_text(json.dumps(stamp))
    assert maker.fits(folder, ["flask>=3"])
    assert not maker.fits(folder, ["flask>=4"])
    moved = folder.rename(tmp_path / "moved")
    assert not maker.fits(moved, [])


def test_an_environment_that_somebody_else_made_is_left_alone(maker: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / ".venv"
    assert maker.may_be_made(folder)
    folder.mkdir()
    assert not maker.may_be_made(folder)
    (folder / maker.STAMP).write_text("not complete")
    assert maker.may_be_made(folder)


def test_a_private_folder_is_used_where_no_home_is_known(
    maker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(maker.tempfile, "tempdir", str(tmp_path))
    first, second = maker.candidates()
    assert first == ROOT / ".venv"
    assert second.parent == tmp_path / f"usosapi_mleg-{os.geteuid()}"
    assert second.parent.stat().st_mode & 0o777 == 0o700
    second.parent.chmod(0o777)
    assert list(maker.candidates())[1].parent != second.parent


@pytest.mark.long
@pytest.mark.parametrize("home", [None, "", "empty"])
def test_a_clean_copy_checks_itself_with_an_empty_environment(tmp_path: Path, home: str | None) -> None:
    skipped = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "demo-data", "test-results")
    copy = shutil.copytree(ROOT, tmp_path / "copy", ignore=skipped)
    environment = {} if home is None else {"HOME": home and str(tmp_path / home)}
    command = [BASH, str(copy / "script" / "demo"), "--check"]
    done = subprocess.run(command, check=False, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ the whole story" in done.stdout
    assert (copy / ".venv" / "bin" / "python").exists()
