"""The README's Python and commands do what it says."""
import pathlib
import re

import pytest
from click.testing import CliRunner

from hebbnet.cli import cli

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_ten_lines_run_and_agree(capsys):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    space = {}
    exec(compile(code, "README.md", "exec"), space)
    assert "retrieval ends at T = 0.9270" in capsys.readouterr().out
    assert abs(space["run"].m_mean - space["finite"].m) <= 3 * space["run"].m_err + 1 / 140


@pytest.mark.parametrize("line", re.findall(r"^hebbnet (?:solve|boundary|simulate) .*$", README, re.MULTILINE))
def test_the_commands_run(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, line.split("#")[0].split()[1:])
    assert result.exit_code == 0, result.output


def test_links_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text()):
            assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
