import Glibc
import TestSupport
import Testing

@testable import Extensions

@Suite struct ProgramPlaceTests {
    /// Makes files below a folder; a text that begins with `->` is a link.
    private func tree(_ files: [String: String]) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for (name, text) in files {
            let path = "\(folder.path)/\(name)"
            var parent = folder.path
            for part in name.split(separator: "/").dropLast() {
                parent += "/\(part)"
                mkdir(parent, 0o755)
            }
            if text.hasPrefix("->") {
                symlink(String(text.dropFirst(2)).replacing("ROOT", with: folder.path), path)
            } else {
                try TestFile.write(text.replacing("ROOT", with: folder.path), to: path, mode: 0o755)
            }
        }
        return folder
    }

    private func find(_ command: [String], in folder: TemporaryDirectory) async throws -> (String, [String]) {
        let place = try await ProgramPlace.find(
            command.map { $0.replacing("ROOT", with: folder.path) }, home: "\(folder.path)/home")
        return (
            place.program.replacing(folder.path, with: "ROOT"),
            place.shown.map { $0.replacing(folder.path, with: "ROOT") }
        )
    }

    @Test func anEnvironmentIsShownWithTheInterpreterBehindIt() async throws {
        let folder = try self.tree([
            "home/.local/bin/server": "->ROOT/home/.local/share/uv/tools/server/bin/server",
            "home/.local/share/uv/tools/server/bin/server": "#!ROOT/home/.local/share/uv/tools/server/bin/python\n",
            "home/.local/share/uv/tools/server/pyvenv.cfg":
                "home = ROOT/home/.local/share/uv/python/cpython-3.12/bin\n",
            "home/.local/share/uv/tools/server/bin/python":
                "->ROOT/home/.local/share/uv/python/cpython-3.12/bin/python3",
            "home/.local/share/uv/python/cpython-3.12": "->cpython-3.12.11",
            "home/.local/share/uv/python/cpython-3.12.11/bin/python3": "",
        ])
        let (program, shown) = try await self.find(["ROOT/home/.local/bin/server"], in: folder)
        expectEqual(program, "ROOT/home/.local/share/uv/tools/server/bin/server")
        expectEqual(
            shown,
            [
                "ROOT/home/.local/share/uv/tools/server", "ROOT/home/.local/share/uv/python/cpython-3.12",
                "ROOT/home/.local/share/uv/python/cpython-3.12.11",
            ])
    }

    @Test func aProgramBringsItsFolderAndAScriptItsPackage() async throws {
        let folder = try self.tree([
            "opt/tool/server": "", "node/lib/node_modules/server/dist/index.js": "#!/usr/bin/env node\n",
            "node/bin/server": "->../lib/node_modules/server/dist/index.js", "app/package.json": "{}",
            "app/dist/index.js": "", "home/script.py": "", "home/own/run.py": "",
        ])
        let expected: [([String], String, [String])] = [
            (["ROOT/opt/tool/server"], "ROOT/opt/tool/server", ["ROOT/opt/tool"]),
            (
                ["ROOT/node/bin/server"], "ROOT/node/lib/node_modules/server/dist/index.js",
                ["ROOT/node/lib/node_modules"]
            ),
            (["sh", "-x", "ROOT/app/dist/index.js"], "/usr/bin/sh", ["ROOT/app"]),
            // Never the home folder as a whole.
            (["python3", "ROOT/home/script.py"], "/usr/bin/python3", ["ROOT/home/script.py"]),
            (["python3", "ROOT/home/own/run.py", "ROOT/opt/tool/server"], "/usr/bin/python3", ["ROOT/home/own"]),
            (["python3.11", "ROOT/app/dist/index.js"], "/usr/bin/python3.11", ["ROOT/app"]),
            (["true", "ROOT/opt/tool/server"], "/usr/bin/true", []),
        ]
        for (command, program, shown) in expected {
            let found = try await self.find(command, in: folder)
            expectEqual(found.1, shown, "\(command)")
            if command[0].hasPrefix("ROOT") { expectEqual(found.0, program) }
        }
    }
}
