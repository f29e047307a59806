package import EventLoop
internal import Primitives
internal import Processes

/// A bare repository on disk, read and written by the `git` program.
@Net
package final class GitHubGit {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package nonisolated let path: String
    private let reader: GitHubObjectReader
    private var number = 0
    private var isBusy = false
    private let turn = WaitList()

    init(path: String) {
        self.path = path
        self.reader = GitHubObjectReader(path: path)
    }

    /// Runs `git` in the repository and returns its output.
    @discardableResult
    func run(_ arguments: [String], input: [UInt8] = []) async throws -> [UInt8] {
        let (status, output, errors) = try await self.attempt(arguments, input: input)
        guard status == 0 else {
            throw Failure(description: "git \(arguments.joined(separator: " ")): status \(status): \(errors)")
        }
        return output
    }

    /// Like ``run(_:input:)``, with the exit status.
    func attempt(
        _ arguments: [String], of program: String = "/usr/bin/git", input: [UInt8] = [],
        environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: [UInt8], errors: String) {
        let variables = GitHTTPProgram.environment.merging(environment) { $1 }
        let plan = ProcessPlan(program, arguments, environment: variables, directory: self.path)
        let result = try await Process.run(plan, input: input, keeping: 1 << 29)
        guard case .exited(let status) = result.status else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(result.status)")
        }
        return (status, result.output, result.errorText)
    }

    func text(_ arguments: [String]) async throws -> String {
        String(decoding: try await self.run(arguments), as: UTF8.self)
    }

    func lines(_ arguments: [String]) async throws -> [String] {
        try await self.text(arguments).split(separator: "\n").map(String.init)
    }

    /// Runs a shell script in the repository, for steps that need several commands.
    func shell(_ script: String, input: [UInt8] = [], environment: [String: String] = [:]) async throws -> String {
        let (status, output, errors) = try await self.attempt(
            ["-euc", script], of: "/bin/sh", input: input, environment: environment)
        guard status == 0 else { throw Failure(description: "\(script): status \(status): \(errors)") }
        return String(decoding: output, as: UTF8.self).trimmed
    }

    /// Ends the child processes.
    func stop() async {
        await self.reader.stop()
    }

    /// Runs `body` alone on this repository.
    func alone<Result: Sendable>(_ body: @Net () async throws -> Result) async throws -> Result {
        while self.isBusy { try await self.turn.wait() }
        self.isBusy = true
        defer {
            self.isBusy = false
            self.turn.wakeFirst()
        }
        return try await body()
    }

    func nextNumber() -> Int {
        self.number += 1
        return self.number
    }

    // MARK: Objects

    /// An object by any name that git understands; nil if it does not exist.
    func object(_ name: String) async throws -> GitHubObject? {
        guard !name.isEmpty, !name.utf8.contains(10) else { return nil }
        return try await self.reader.read(name)
    }

    func commit(_ name: String) async throws -> HubCommit? {
        try await self.object(name + "^{commit}").flatMap(HubCommit.init)
    }

    /// The entries of a tree, with sizes.
    func tree(_ name: String, isRecursive: Bool = false) async throws -> [GitHubTreeEntry] {
        let arguments = ["ls-tree", "-z", "-l"] + (isRecursive ? ["-r", "-t"] : []) + [name]
        return try await self.run(arguments).split(separator: 0).compactMap { GitHubTreeEntry(line: Array($0)) }
    }

    /// The entry of a path in a commit.
    func entry(_ path: String, at commit: String) async throws -> GitHubTreeEntry? {
        let lines = try await self.run(["ls-tree", "-z", "-l", commit, "--", path]).split(separator: 0)
        return lines.first.flatMap { GitHubTreeEntry(line: Array($0)) }
    }

    func write(_ bytes: [UInt8], type: String = "blob") async throws -> String {
        try await String(
            decoding: self.run(["hash-object", "-w", "-t", type, "--stdin"], input: bytes), as: UTF8.self
        ).trimmed
    }

    // MARK: References

    /// The object that a full reference name such as `refs/heads/main` points to.
    func reference(_ name: String) async throws -> String? {
        guard name.hasPrefix("refs/") else { return nil }
        return try await self.object(name)?.id
    }

    /// The branches, sorted by name.
    func branches() async throws -> [(name: String, id: String)] {
        let format = "--format=%(objectname) %(refname:lstrip=2)"
        return try await self.lines(["for-each-ref", format, "refs/heads/"]).map { line in
            (String(line.dropFirst(41)), String(line.prefix(40)))
        }
    }

    nonisolated static let zero = String(repeating: "0", count: 40)

    /// Moves a reference from an expected value; `zero` for one that must not exist, nil for any. False if its value
    /// is another.
    func move(_ name: String, to new: String, from old: String?) async throws -> Bool {
        try await self.attempt(["update-ref", name, new] + (old.map { [$0] } ?? [])).status == 0
    }

    /// Deletes a reference that has this value.
    func delete(_ name: String, from old: String) async throws -> Bool {
        try await self.attempt(["update-ref", "-d", name, old]).status == 0
    }

    func isAncestor(_ old: String, of new: String) async throws -> Bool {
        try await self.attempt(["merge-base", "--is-ancestor", old, new]).status == 0
    }

    func mergeBase(_ left: String, _ right: String) async throws -> String? {
        let (status, output, _) = try await self.attempt(["merge-base", left, right])
        return status == 0 ? String(decoding: output, as: UTF8.self).trimmed : nil
    }

    func count(_ range: String) async throws -> Int {
        Int(try await self.text(["rev-list", "--count", range]).trimmed) ?? 0
    }
}

extension String {
    /// Without the white space around it.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
