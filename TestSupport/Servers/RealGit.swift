internal import Glibc

/// The machine's `git` program, used to inspect what the code wrote and to create the states it has to handle.
///
/// A call keeps its thread of the pool until the command ends. A server in this process that the command talks to must
/// therefore answer on the event loop, as ``LoopbackGitServer`` does.
package struct RealGit: Sendable {
    /// The directory that it runs in.
    package let path: String

    package struct Failure: Error, CustomStringConvertible {
        /// The command, its exit status and its output.
        package let description: String
    }

    package init(_ path: String) {
        self.path = path
    }

    /// Runs `git` with shell words and returns its output without the final line feed. Ignores the machine's own
    /// configuration.
    @discardableResult
    package func callAsFunction(_ words: String) throws -> String {
        try self.shell("git \(words)")
    }

    /// Runs a shell command in the directory.
    @discardableResult
    package func shell(_ command: String) throws -> String {
        let settings =
            "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CONFIG_COUNT=3 "
            + "GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=Tester GIT_CONFIG_KEY_1=user.email "
            + "GIT_CONFIG_VALUE_1=tester@example.org GIT_CONFIG_KEY_2=init.defaultBranch GIT_CONFIG_VALUE_2=main LC_ALL=C"
        let script = "\(settings); cd '\(self.path)' && { \(command) ; } 2>&1"
        guard let pipe = popen(script, "r") else { throw Failure(description: "popen: \(errno)") }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            output.append(contentsOf: buffer[..<count])
        }
        let status = pclose(pipe)
        var text = String(decoding: output, as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        guard status == 0 else { throw Failure(description: "\(command): status \(status): \(text)") }
        return text
    }

    /// Makes the branch's tip anew with other dates, such as `18446744073709551 +0000`.
    package func redate(_ date: String) throws {
        try self.shell(
            """
            git update-ref HEAD $(git cat-file commit HEAD | sed -E 's/^((author|committer) .*>) .*/\\1 \(date)/' \
                | git hash-object -t commit -w --stdin --literally)
            """)
    }
}
