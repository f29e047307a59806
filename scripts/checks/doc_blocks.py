#!/usr/bin/env python3
"""Runs the commands of the documentation, or checks them where they cannot run.

    scripts/checks/doc_blocks.py [BINARY]      default: .build/release/jetbridge

Every fenced block of README.md, docs/ and adapters/README.md is treated by its language, or by its first line in one of
the tables below; a block without a treatment is an error, and so is a row of the tables without a block. Blocks run in
a sandbox beside a host with the rehearsal model. Nothing but loopback is reached.
"""

import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from swift_files import ROOT


class Run:
    """A block that runs: what it reads, lines that are only checked, with the reason, and whether its status counts."""

    def __init__(self, reads="", without=None, may_fail=False):
        self.reads, self.without, self.may_fail = reads, without or {}, may_fail


# Blocks that run in the sandbox, by their first line.
ACCOUNTS = "needs real accounts, or does not end"
SECRET = Run(reads="secret")
INSTALLS = "changes the machine; tried with the package in a machine of its own"
RUN = {
    "README.md": {
        ".build/release/jetbridge config template irc": Run(
            without={".build/release/jetbridge doctor": ACCOUNTS, "./scripts/run": ACCOUNTS}),
    },
    "docs/analytics.md": {"jetbridge usage --by": Run()},
    "docs/audit.md": {"python3 - audit.jsonl": Run()},
    "docs/github.md": {"install -m 600": SECRET},
    "docs/install.md": {"sudo jetbridge pair": Run()},
    "docs/irc.md": {"openssl req": Run()},
    "docs/jail.md": {
        ".build/release/jetbridge doctor": Run(),
        "jetbridge run 'id;": Run(may_fail=True),  # shows what the jail refuses
    },
    "docs/matrix.md": {"install -m 600": SECRET},
    "docs/operations.md": {
        "jetbridge config check": Run(without={"jetbridge serve": ACCOUNTS}),
        "jetbridge audit verify": Run(),
    },
    "docs/proxy.md": {
        "jetbridge token create --scope proxy --name": Run(without={"jetbridge token revoke": "names no real key"}),
        "jetbridge token create --scope proxy --expires": Run(), "jetbridge usage": Run(),
    },
    "docs/slack.md": {
        "jetbridge config template slack-manifest": Run(), "install -m 600": SECRET, "jetbridge pair": Run(),
        "jetbridge config template slack-manifest --events-url": Run(),
    },
    "docs/specs.md": {
        "jetbridge spec specify": Run(without={"jetbridge spec plan": "takes seconds; SpecsTests"}),
        "$ jetbridge spec list": Run(),
        "$ jetbridge spec check": Run(may_fail=True),  # there are no documents in its folder
    },
    "docs/tasks.md": {"jetbridge tasks add": Run()},
    "docs/team.md": {"sudo jetbridge pair": Run(), "sudo jetbridge config check": Run()},
    "docs/telegram.md": {"install -m 600": SECRET, "jetbridge pair": Run(), "(umask 077; openssl": Run()},
    "docs/api.md": {"$ B=http": Run()},
    "docs/web.md": {"$ jetbridge token create": Run()},
}

# Blocks of commands that do not run here, by their first line, with the reason. Their syntax, and every command of
# Jetbridge in them, is checked.
NOT_RUN = {
    "README.md": {
        "sudo apt-get install": INSTALLS, "./scripts/run": ACCOUNTS, "./scripts/test": "runs this",
    },
    "docs/cluster.md": {
        "openssl rand": "writes into the system", "jetbridge hosts drain": "needs a cluster; ClusterTests",
    },
    "docs/backup.md": {
        "sudo systemctl": "BackupTests", "sudo jetbridge backup": "BackupTests",
        "sudo -u jetbridge pg_dump": "needs a server of PostgreSQL",
    },
    "docs/copilot.md": {"$ jetbridge doctor": "needs an account", "$ jetbridge login": "needs an account"},
    "docs/hooks.md": {"openssl rand": "writes into the system"},
    "docs/install.md": {
        "sudo apt-get install": INSTALLS, "sudo install": INSTALLS, "sudo jetbridge config check": INSTALLS,
        "sudo systemctl": INSTALLS, "sudo apt-get purge": INSTALLS, "docker load": "needs Docker",
        "./scripts/setup package": "installs packages",
        "dpkg-deb --extract": INSTALLS,
    },
    "docs/jail.md": {
        "mkdir -p apt": "downloads from Debian", "jetbridge serve --dangerously": "does not end; HostTests",
    },
    "docs/matrix.md": {
        "register_new_matrix_user": "needs a homeserver; AdapterContractTests", "curl -X POST": "needs a homeserver",
        "curl -s https://matrix": "needs a homeserver",
    },
    "docs/mcp.md": {"claude mcp add": "needs Claude Code; MCPTests"},
    "docs/models.md": {"$ jetbridge models": "needs an account"},
    "docs/operations.md": {
        "$ jetbridge people list": "PeopleCommandTests",
    },
    "docs/proxy.md": {
        "$ jetbridge proxy": "does not end; ProxyTests", "$ COPILOT_TOKEN": "does not end; ProxyTests",
        "curl http": "needs an account; ProxyTests",
    },
    "docs/programs.md": {"#!/bin/sh": "a program, which is installed"},
    "docs/specs.md": {"jetbridge spec check [PATH]": "shows the arguments"},
    "docs/storage.md": {
        "sudo -u postgres": "changes the machine's PostgreSQL", "jetbridge store copy": "needs a server; StoreCopyTests",
        "git clone --bare": "RebuildingTests", "sha256sum --check": "ArchiveCommandTests",
    },
    "docs/team.md": {
        "sudo apt-get install": INSTALLS, "sudo install": INSTALLS, "sudo systemctl restart": INSTALLS,
        "sudo nginx -t": "changes the machine's nginx", "caddy validate": "needs Caddy",
    },
}

# Blocks that are no commands, by their first line: what they are.
OTHER = {
    "README.md": {
        "alice  /run": "thread; ReadmeTests", "alice  /specify": "thread; ReadmeTests", "adapters ": "map; doc_paths.py",
    },
    "adapters/README.md": {"Kit/": "map"},
    "docs/cluster.md": {"a  0.1.1": "what a command prints"},
    "docs/copilot.md": {"credits:": "what `usage` prints"},
    "docs/design.md": {"Package.swift": "map; doc_paths.py"},
    "docs/hooks.md": {"X-Jetbridge-Event": "what is sent"},
    "docs/jail.md": {"403 index.example": "what a program prints"},
    "docs/mcp.md": {"{": "json", "[mcp_servers": "configuration of Codex", "extensions:": "configuration of Goose"},
    "docs/operations.md": {"scrape_configs:": "configuration of Prometheus"},
    "docs/policy.md": {"name: tester": "persona"},
    "docs/programs.md": {'{"summary"': "json"},
    "docs/proxy.md": {'{"time"': "json"},
    "docs/schedules.md": {"/remind in": "thread; ScheduleTests"},
    "docs/specs.md": {"- run:": "workflow", "- [ ] T012": "task"},
    "docs/tasks.md": {"# Tasks": "a list of tasks", "alice  /task": "thread; TaskTurnTests"},
    "docs/team.md": {"chat.example.org {": "configuration of Caddy, which the tests do not install; tried with 2.6.2"},
    "docs/transcripts.md": {"<alice> ": "thread", "<bob> ": "thread", "/run make": "thread"},
    "docs/api.md": {'{"subscribe"': "json", '{"id"': "json", '{"thread_id"': "json"},
}

# Words after a sign in code that are not commands of a thread: paths, a task's priority, and commands of IRC, Slack and
# @BotFather.
WORDS = set("""
    analytics high a api backup bin dev etc git hooks jetbridge lib mcp proc proxy r srv t tmp usr v1 var workspace
    b invite msg mybots newbot revoke setjoingroups setprivacy
""".split())


class Block:
    def __init__(self, page, line, language, lines):
        self.page, self.line, self.language, self.lines = page, line, language, lines
        self.text = "\n".join(lines) + "\n"

    def __str__(self):
        return f"{self.page}:{self.line}"

    def row(self, table):
        """The row of a table whose beginning fits best."""
        rows = [start for start in table.get(self.page, {}) if self.lines[0].startswith(start)]
        return max(rows, key=len, default=None)


def blocks_of(page):
    """The fenced blocks of a page, without the indentation of their fences, and the text around them."""
    fence, found, prose = None, [], []
    for number, line in enumerate((ROOT / page).read_text().split("\n"), 1):
        match = re.match(r"( *)(`{3,})(\w*)$", line)
        if fence and match and match[2] == fence[2] and not match[3]:
            found.append(Block(page, start, fence[3], body))
            fence = None
        elif fence:
            body.append(line.removeprefix(fence[1]))
        elif match:
            fence, start, body = match, number, []
        else:
            prose.append((number, line))
            if re.match(" {4}[^ ]", line) and not prose[-2:-1][0][1].strip():
                raise SystemExit(f"{page}:{number}: an indented block; put it between fences")
    return found, prose


class Checker:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.mistakes, self.used = binary, folder, [], set()
        names = (ROOT / "Sources/Domain/Threads/Commands/CommandName.swift").read_text()
        self.thread_commands = set(re.findall(r"\w+", " ".join(re.findall(r"^    case ([a-z, ]+)$", names, re.M))))
        self.environment = {
            "PATH": f"{folder}/bin:/usr/bin:/bin:/usr/sbin", "HOME": f"{folder}/home", "LANG": "C.UTF-8",
            "JETBRIDGE_DATA_DIR": f"{folder}/data",
        }
        for path in [*(ROOT / "config").glob("*.yaml"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
            for name in re.findall(r"\{env: (\w+)\}", path.read_text()):
                self.environment[name] = "a-value-of-the-documentation-check"
        for name in ("bin", "home"):
            (folder / name).mkdir()
        os.symlink(binary, folder / "bin/jetbridge")
        (folder / "bin/sudo").write_text('#!/bin/sh\n[ "$1" = -u ] && shift 2\nexec "$@"\n')
        (folder / "bin/sudo").chmod(0o700)
        (folder / "secret").write_text("a-value-of-the-documentation-check")
        (folder / "secret").chmod(0o600)

    def say(self, place, mistake):
        self.mistakes.append(f"{place}: {mistake}")

    # Commands of Jetbridge

    @functools.cache
    def help(self, *path):
        result = subprocess.run(
            [self.binary, *path, "--help"], capture_output=True, text=True, env=self.environment)
        return result.stdout if result.returncode == 0 else None

    def check_command(self, place, words):
        """A command line of Jetbridge, from its first argument on."""
        path = []
        for word in words:
            text = self.help(*path)
            if not re.search(rf"^  {re.escape(word)}  ", text.partition("\nCommands:\n")[2].partition("\n\n")[0], re.M):
                break
            path.append(word)
        text = self.help(*path)
        if words and not path and not words[0].startswith("-") and not words[0].isupper():
            return self.say(place, f"jetbridge has no command '{words[0]}'")
        for word in words[len(path):]:
            name = word.partition("=")[0]
            if name == "--":
                break
            if name.startswith("--") and not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text):
                self.say(place, f"'jetbridge {' '.join(path)}' has no option '{name}'")

    def check_commands(self, block, lines):
        """The syntax of a shell script, its scripts of this repository, and its calls of Jetbridge."""
        script = "\n".join(lines) + "\n"
        result = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
        if result.returncode:
            self.say(block, f"bash does not accept it: {result.stderr.strip()}")
        for line in re.sub(r"\\\n", " ", script).split("\n"):
            try:
                lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
                lexer.whitespace_split = True
                words = list(lexer)
            except ValueError:
                continue  # a quote over several lines
            call = []
            for word in [*words, ";"]:
                if re.fullmatch(r"[|&;()<>]+", word):
                    self.check_call(block, call)
                    call = []
                else:
                    call.append(word)

    def check_call(self, block, call):
        while call and (re.match(r"\w+=", call[0]) or call[0] in ("exec", "sudo", "env")):
            call = call[3:] if call[0] == "sudo" and call[1:2] == ["-u"] else call[1:]
        if not call:
            return
        if call[0] in ("jetbridge", ".build/release/jetbridge"):
            self.check_command(block, call[1:])
        elif call[0].startswith(("./scripts/", "scripts/")) and not (ROOT / call[0]).exists():
            self.say(block, f"{call[0]} does not exist")
        elif call[0].endswith("scripts/test") and len(call) > 1 and re.match(r"\w+Tests$", call[1]):
            suite = subprocess.run(["grep", "-rqE", rf"(struct|class) {call[1]}\b", "Tests"], cwd=ROOT)
            if suite.returncode:
                self.say(block, f"there is no suite {call[1]}")

    # Routes and commands of a thread

    def check_routes(self, place, text):
        for method, path in re.findall(r"(?:\b(GET|POST|PUT|PATCH|DELETE) )?(?:\$B|(?<![\w.]))(/api/v1[\w/.-]*)", text):
            given = path.rstrip("./").split("/")
            fits = [methods for route, methods in self.routes.items() if len(route.split("/")) == len(given) and all(
                a == b or (a.startswith("{") and (b.isupper() or re.search(r"[0-9]", b)))
                for a, b in zip(route.split("/"), given))]
            if path.rstrip("/") not in ("/api/v1", "/api/v1/live", "/api/v1/openapi.json") and not any(
                    not method or method.lower() in methods for methods in fits):
                self.say(place, f"the API has no {method or 'route'} {path}")

    def check_spans(self, page, number, line):
        for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", line):
            place = f"{page}:{number}"
            self.check_routes(place, span)
            if re.match(r"(\.build/release/)?jetbridge [a-z]", span):
                words = span.replace("[", " ").replace("]", " ").replace("|", " | ").split()
                self.check_command(place, words[1:words.index("|") if "|" in words else None])
            match = re.match(r"[/!]([a-z][\w-]*)($| )", span)
            known = match and (match[1] in self.thread_commands | WORDS or f"/{match[1]}" in self.routes)
            if match and not known:
                self.say(place, f"there is no command '{span}' of a thread")

    def check_thread(self, block):
        for line in block.lines:
            match = re.match(r"(?:<?(?:alice|bob)>?\s+)?[/!]([a-z]+)\b", line)
            if match and match[1] not in self.thread_commands:
                self.say(block, f"there is no command '{match[1]}' of a thread")

    # Blocks

    def check_configuration(self, block, name="jetbridge.yaml", text=None):
        work = self.folder / "configuration"
        shutil.rmtree(work, ignore_errors=True)
        (work / name).parent.mkdir(parents=True)
        given = re.sub(r"\{file: [^}]*\}", f"{{file: {self.folder}/secret}}", block.text)
        (work / name).write_text(re.sub(r"\{directory: [^}]*\}", f"{{directory: {work}}}", given))
        if text:
            (work / "jetbridge.yaml").write_text(text)
        result = subprocess.run(
            [self.binary, "config", "check", work / "jetbridge.yaml"], capture_output=True, text=True, cwd=work,
            env={**self.environment, "JETBRIDGE_DATA_DIR": f"{self.folder}/unused"})
        if result.returncode or "warning" in result.stdout + result.stderr:
            self.say(block, f"config check: {(result.stdout + result.stderr).strip()}")

    def run(self, block, treatment):
        """Runs a block in a folder of its own. After `$`, lines are commands, and those below are what they print."""
        work = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (work / ".build/release").mkdir(parents=True)
        os.symlink(self.binary, work / ".build/release/jetbridge")
        shutil.copy(self.folder / "audit.jsonl", work)
        commands, printed = [], []
        is_console = any(line.startswith("$ ") for line in block.lines)
        for line in block.lines:
            if not is_console or line.startswith("$ ") or (commands and commands[-1].endswith("\\")):
                commands.append(line.removeprefix("$ "))
            else:
                printed.append(line)
        self.check_commands(block, commands)
        script = "\n".join(line for line in commands if not line.startswith(tuple(treatment.without)))
        for start in treatment.without:
            if not any(line.startswith(start) for line in commands):
                self.say(block, f"has no line '{start}'; remove it from scripts/checks/doc_blocks.py")
        script = script.replace("http://127.0.0.1:8787", self.address)
        script = re.sub("jb_smUq…", lambda _: self.token(), script)
        # Ids in the block are those of its own answers: later commands get what the earlier ones really printed.
        for id, kind in dict.fromkeys(re.findall(r"\b((t|op)_[0-9a-f]{20})\b", block.text)):
            script = script.replace(id, f"$(grep -oE '\\b{kind}_[0-9a-f]{{20}}' printed | tail -n 1)")
        result = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\nexec >printed\n{script}\n"], cwd=work, env=self.environment,
            text=True, capture_output=True, timeout=30, input=treatment.reads)
        output = (work / "printed").read_text()
        if result.returncode and not treatment.may_fail:
            self.say(block, f"status {result.returncode}: {(output + result.stderr).strip()[-2000:]}")
        for line in printed:
            # The answer has the members that the page shows.
            members = set(re.findall(r'"(\w+)":', line))
            if not any(members <= set(re.findall(r'"(\w+)":', real)) for real in re.split(r"\n|(?<=\})(?=\{)", output)):
                self.say(block, f"it prints {output.strip()[-600:]}, not {line}")

    def token(self):
        result = subprocess.run(
            [self.binary, "token", "create", "--scope", "admin", "--json"], capture_output=True, text=True,
            env=self.environment, check=True)
        return json.loads(result.stdout)["token"]

    def check(self, block):
        tables = [(table, block.row(table)) for table in (RUN, NOT_RUN, OTHER)]
        rows = [(table, row) for table, row in tables if row]
        if len(rows) > 1:
            longest = max(len(row) for _, row in rows)
            rows = [(table, row) for table, row in rows if len(row) == longest]
        self.used.update((id(table), block.page, row) for table, row in rows)
        table, row = rows[0] if rows else (None, None)
        if table is RUN:
            self.run(block, RUN[block.page][row])
        elif table is NOT_RUN:
            lines = [line[2:] for line in block.lines if line.startswith("$ ")] or block.lines
            self.check_commands(block, lines)
        elif table is OTHER:
            kind = OTHER[block.page][row]
            if kind.startswith("thread"):
                self.check_thread(block)
            elif kind == "json":
                decoder, text = json.JSONDecoder(), block.text.strip()
                while text:
                    text = text[decoder.raw_decode(text)[1]:].strip()
            elif kind == "workflow":
                self.check_commands(block, re.findall(r"run: (.*)", block.text))
            elif kind == "persona":
                self.check_configuration(block, "personas/tester.yaml", "agent: {persona: tester}\n")
        elif block.language == "yaml":
            self.check_configuration(block)
        elif block.language == "python":
            compile(block.text, str(block), "exec")
        elif block.language in ("js", "nginx", "ini"):
            getattr(self, f"check_{block.language}")(block)
        else:
            self.say(block, "add this block to a table of scripts/checks/doc_blocks.py: is it run, and if not, why?")
        self.check_routes(block, block.text)

    def check_program(self, block, *words):
        result = subprocess.run(words, capture_output=True, text=True, env=self.environment)
        if result.returncode or result.stderr:
            self.say(block, (result.stdout + result.stderr).strip())

    def check_js(self, block):
        (self.folder / "block.js").write_text(block.text)
        self.check_program(block, "node", "--check", self.folder / "block.js")

    def check_ini(self, block):
        """A unit of systemd; its `ExecStart` is not installed here."""
        unit = self.folder / "jetbridge.service"
        unit.write_text(block.text.replace("/usr/local/bin/jetbridge", str(self.binary)))
        if shutil.which("systemd-analyze"):
            self.check_program(block, "systemd-analyze", "verify", "--man=no", unit)

    def check_nginx(self, block):
        place = self.folder / "nginx"
        place.mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/CN=chat.example.org", "-keyout", place / "privkey.pem", "-out", place / "fullchain.pem"],
            check=True, capture_output=True)
        text = block.text.replace("/etc/letsencrypt/live/chat.example.org", str(place))
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = " ".join(f"{kind}_temp_path {place}/{kind};" for kind in kinds)
        (place / "nginx.conf").write_text(
            f"pid {place}/pid; events {{}} http {{ access_log off; {folders}\n{text}}}")
        self.check_program(block, "nginx", "-t", "-q", "-e", place / "errors", "-c", place / "nginx.conf")

    def check_all(self):
        pages = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
        for page in ["README.md", "adapters/README.md", *pages]:
            found, prose = blocks_of(page)
            for block in found:
                self.check(block)
            for number, line in prose:
                if line.startswith("<!-- Made by"):
                    break  # from there on, tests compare and make the calls
                self.check_spans(page, number, line)
        for table in (RUN, NOT_RUN, OTHER):
            for page, rows in table.items():
                for row in rows:
                    if (id(table), page, row) not in self.used:
                        self.say(page, f"has no block that begins '{row}'; remove it from scripts/checks/doc_blocks.py")

    def serve(self):
        """Starts the host, and makes what the pages take for granted: a row of the audit."""
        host = subprocess.Popen(
            [self.binary, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, cwd=self.folder,
            stderr=(self.folder / "log").open("w"), env=self.environment)
        line = host.stdout.readline()
        if not line:
            sys.exit(f"the host did not start:\n{(self.folder / 'log').read_text()}")
        self.address = line.split()[1]
        description = subprocess.run(
            ["curl", "-sS", f"{self.address}/api/v1/openapi.json"], capture_output=True, text=True, check=True)
        self.routes = json.loads(description.stdout)["paths"]
        subprocess.run(
            f"'{self.binary}' run true && '{self.binary}' audit export > audit.jsonl", shell=True, check=True,
            env=self.environment, cwd=self.folder, stderr=subprocess.PIPE)
        return host


def main():
    binary = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build/release/jetbridge").resolve()
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(binary, pathlib.Path(folder))
        host = checker.serve()
        try:
            checker.check_all()
        finally:
            host.terminate()
            host.wait()
    for mistake in checker.mistakes:
        print(mistake, file=sys.stderr)
    return 1 if checker.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
