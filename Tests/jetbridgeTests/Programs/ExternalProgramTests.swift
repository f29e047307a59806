import Glibc
import Host
import JSON
import TestSupport
import Testing

@testable import jetbridge

/// Programs on the path as commands, in folders of their own.
@Suite("Programs on the path", .timeLimit(.minutes(1)))
struct ExternalProgramTests {
    private let folder: TemporaryDirectory
    private var path: String { "\(self.folder.path)/bin" }
    private var environment: [String: String] { ["PATH": "\(self.path):/usr/bin:/bin", "HOME": self.folder.path] }
    private var surroundings: Surroundings { Surroundings(environment: self.environment, currentDirectory: "/") }

    init() throws {
        self.folder = try TemporaryDirectory()
        try TestFile.makeFolder(self.path)
    }

    private func write(_ name: String, _ script: String, mode: UInt32 = 0o755) throws {
        try TestFile.write("#!/bin/sh\n\(script)\n", to: "\(self.path)/jetbridge-\(name)", mode: mode)
    }

    /// A program that notes that it was asked.
    private func write(_ name: String, manifest: String) throws {
        try self.write(name, "echo \"$1 ${JETBRIDGE_TOKEN-none}\" >> \(self.folder.path)/asked; echo '\(manifest)'")
    }

    private var asked: [String] {
        ((try? FileReader.read("\(self.folder.path)/asked", limit: 1 << 16).bytes) ?? []).split(separator: 10)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a program has a plain name, is a file that may be run, and the first on the path counts; own commands win")
    func found() throws {
        try self.write("hello", "")
        try self.write("no-mode", "", mode: 0o644)
        try self.write("serve", "")
        try self.write("Big", "")
        try TestFile.makeFolder("\(self.path)/jetbridge-folder")
        try TestFile.makeFolder("\(self.folder.path)/later")
        for name in ["hello", "other"] {
            try TestFile.write("", to: "\(self.folder.path)/later/jetbridge-\(name)", mode: 0o755)
        }
        let path = "relative::\(self.path):\(self.folder.path)/later:/nonexistent"
        expectEqual(
            ExternalProgram.all(on: path, besides: CommandTable.standard.words(after: [])).map(\.path),
            ["\(self.path)/jetbridge-hello", "\(self.folder.path)/later/jetbridge-other"])
        expectEqual(ExternalProgram.find("hello", on: path)?.path, "\(self.path)/jetbridge-hello")
        for name in ["folder", "no-mode", "Big", "../x", "", "-x", "missing"] {
            expectEqual(ExternalProgram.find(name, on: path), nil, name)
        }
        expectEqual(ExternalProgram.find("hello", on: nil), nil)
    }

    @Test(
        "a command line names a program after the options for the host's configuration, and all that follows is its own"
    )
    func calls() throws {
        try self.write("hello", "")
        try self.write("help", "")
        func call(_ words: String...) -> ProgramCall? {
            ProgramCall(words, table: .standard, surroundings: self.surroundings)
        }
        let plain = try #require(call("hello", "--json", "--", "-x"))
        #expect(plain.words == ["--json", "--", "-x"] && plain.arguments.values.isEmpty)
        let placed = try #require(call("--config", "a.yaml", "--data-dir=/d", "hello"))
        #expect(placed.words.isEmpty && placed.arguments.values == ["config": "a.yaml", "data-dir": "/d"])
        for words in [["help"], ["--json", "hello"], ["--config"], ["missing"], []] {
            #expect(ProgramCall(words, table: .standard, surroundings: self.surroundings) == nil, "\(words)")
        }
    }

    @Test(
        "a manifest is a small object with a summary and scopes",
        arguments: [
            (#"{"summary": "Say hello", "scopes": ["read"], "more": 1}"#, ["read"]),
            (#"{"summary": "Say\u001b[0m hello", "scopes": []}"#, []), (#"{"summary": "x"}"#, nil),
            (#"{"summary": 1, "scopes": []}"#, nil), (#"{"summary": "x", "scopes": [1]}"#, nil), ("hello", nil),
            ("", nil),
            (#"{"summary": "\#(String(repeating: "x", count: 4_096))", "scopes": []}"#, nil),
        ] as [(String, [String]?)])
    func manifests(_ text: String, _ scopes: [String]?) {
        let manifest = ProgramManifest(Array(text.utf8))
        expectEqual(manifest?.scopes, scopes)
        expectEqual(manifest?.summary.utf8.contains(0x1B) ?? false, false)
    }

    @Test("a program is asked once, without a token, until its file changes; one that has no manifest as well")
    func cached() async throws {
        try self.write("hello", manifest: #"{"summary": "Say hello", "scopes": ["read"]}"#)
        try self.write("silent", "echo silent >> \(self.folder.path)/asked; exit 3")
        var surroundings = self.surroundings
        surroundings.environment["JETBRIDGE_TOKEN"] = "jb_secret"
        let programs = ExternalProgram.all(on: self.path, besides: [])
        for _ in 0..<2 {
            let manifests = await ProgramManifests(surroundings).manifests(of: programs)
            expectEqual(manifests.map { $0?.summary }, ["Say hello", nil])
        }
        expectEqual(self.asked.sorted(), ["--jetbridge-manifest none", "silent"])
        try self.write("hello", manifest: #"{"summary": "Say hello twice", "scopes": []}"#)
        await expectEqual(ProgramManifests(surroundings).manifests(of: programs)[0]?.summary, "Say hello twice")
        let cache = "\(self.folder.path)/.cache/jetbridge/programs.json"
        var status = stat()
        #expect(stat(cache, &status) == 0 && status.st_mode & 0o777 == 0o600)
        // A broken cache is none.
        try TestFile.write("{", to: cache, mode: 0o600)
        await expectEqual(ProgramManifests(surroundings).manifests(of: programs).map { $0?.scopes }, [[], nil])
    }

    @Test("one that prints without end, or cannot be run, has no manifest")
    func unusable() async throws {
        try self.write("yes", "exec yes")
        try TestFile.write("#!/nonexistent\n", to: "\(self.path)/jetbridge-broken", mode: 0o755)
        let programs = ExternalProgram.all(on: self.path, besides: [])
        expectEqual(programs.map(\.name), ["broken", "yes"])
        await expectEqual(ProgramManifests(self.surroundings).manifests(of: programs), [nil, nil])
    }

    @Test("the help and completions have the programs with their summaries; the manual has only what is always there")
    func listed() async throws {
        try self.write("hello", manifest: #"{"summary": "Say hello", "scopes": ["read", "chat"]}"#)
        try self.write("bare", "exit 1")
        let help = await run("help", environment: self.environment)
        let lines = help.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.contains(["hello", "Say", "hello"]), "\(help.output)")
        #expect(help.output.contains("Run \(self.path)/jetbridge-bare"))
        let one = await run("help", "hello", environment: self.environment)
        #expect(
            one.status == .done && one.output.hasPrefix("Say hello.\n\n")
                && one.output.replacing("\n", with: " ").contains("a token with the scopes read, chat."),
            "\(one.output)")
        let bare = await run("help", "bare", environment: self.environment)
        #expect(bare.output.replacing("\n", with: " ").contains("which gets no token."), "\(bare.output)")
        let manual = await run("help", "--man", environment: self.environment)
        #expect(!manual.output.contains("Say hello"))
        for shell in ["bash", "zsh", "fish"] {
            let script = await run("completions", shell, environment: self.environment).output
            #expect(script.contains("hello"), "\(shell)")
            try TestFile.write(script, to: "\(self.folder.path)/script")
            let check = shell == "zsh" ? "zsh -n" : shell == "fish" ? "fish --no-execute" : "bash -n"
            try RealGit("/").shell("! command -v \(shell) || \(check) \(self.folder.path)/script")
        }
        let none = await run("help", environment: ["PATH": "/nonexistent"])
        #expect(none.status == .done && !none.output.contains("hello"))
    }
}
