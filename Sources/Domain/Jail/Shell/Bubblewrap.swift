internal import Glibc
internal import Processes

/// The `bwrap` program of this machine.
package struct Bubblewrap: Sendable, Equatable {
    package let path: String
    /// `0.8.0`.
    package let version: String

    /// Checks the program. Fails if it is missing, too old or setuid.
    ///
    /// - Parameter path: Not searched for: profiles of AppArmor cover one path, and jails are started by it.
    package static func find(_ path: String = JailPlan.bwrap) async throws(JailFailure) -> Bubblewrap {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw JailFailure(
                "Bubblewrap is not installed (\(path) is missing); install the package bubblewrap (0.8.0 or newer)")
        }
        // It would refuse --disable-userns, so that a jail could make namespaces.
        guard status.st_mode & (S_ISUID | S_ISGID) == 0 else {
            throw JailFailure("\(path) is setuid, which weakens the sandbox; run: chmod u-s,g-s \(path)")
        }
        let text = (try? await Process.run(ProcessPlan(path, ["--version"])))?.text ?? ""
        guard let version = Self.version(in: text) else {
            throw JailFailure("\(path) does not report its version; install the package bubblewrap (0.8.0 or newer)")
        }
        guard !version.lexicographicallyPrecedes([0, 8]) else {
            throw JailFailure(
                "\(path) is version \(version.map(String.init).joined(separator: ".")), which cannot forbid new "
                    + "namespaces; install bubblewrap 0.8.0 or newer")
        }
        return Bubblewrap(path: path, version: version.map(String.init).joined(separator: "."))
    }

    /// The numbers in `bubblewrap 0.8.0`.
    static func version(in text: String) -> [Int]? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "bubblewrap" else { return nil }
        let parts = words[1].split(separator: ".").map { Int($0.prefix(while: \.isNumber)) }
        let numbers = parts.compactMap { $0 }
        return numbers.count >= 2 && numbers.count == parts.count ? numbers : nil
    }
}

/// What Bubblewrap's error messages mean, and what to do about them.
enum BubblewrapMessage {
    private struct Meaning {
        /// Texts of which the message contains one.
        let texts: [String]
        let cause: String
        let remedy: String
    }

    // In this order: the first one whose text is found applies.
    private static let meanings = [
        Meaning(
            texts: ["No permissions to creat", "Creating new namespace failed: Operation not permitted"],
            cause: "this system does not let programs make user namespaces",
            remedy: "run 'sysctl -w kernel.unprivileged_userns_clone=1', or let the container's seccomp profile allow "
                + "unshare and clone"),
        Meaning(
            texts: ["namespaces exceeded", "No space left on device"],
            cause: "user namespaces are limited to zero, or this is a jail already",
            remedy: "run 'sysctl -w user.max_user_namespaces=10000', and start the host outside of a jail"),
        Meaning(
            texts: ["setting up uid map: Permission denied", "loopback: Failed RTM_NEWADDR"],
            cause: "AppArmor takes all rights from user namespaces",
            remedy: "add an AppArmor profile with 'userns,' for /usr/bin/bwrap itself, or run "
                + "'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'"),
        Meaning(
            texts: ["Can't mount proc on"],
            cause: "this container hides parts of /proc",
            remedy: "start the container with unmasked paths (Docker: --security-opt systempaths=unconfined)"),
        Meaning(
            texts: ["--add-seccomp-fd", "prctl(PR_SET_SECCOMP)"],
            cause: "the kernel does not accept the filter of system calls",
            remedy: "use a kernel with CONFIG_SECCOMP_FILTER"),
        Meaning(
            texts: ["Can't find source path", "execvp"],
            cause: "a file that the jail needs is missing on this system",
            remedy: "install it; the message names it"),
    ]

    /// One line: what failed, why, what to do.
    ///
    /// - Parameter message: The message of a sandbox that did not start, with bwrap's lines separated by `; `.
    static func explanation(of message: String) -> String {
        let parts = message.split(separator: "; ")
        let line = String((parts.first { $0.hasPrefix("bwrap: ") } ?? message[...]).prefix(300))
        if let meaning = self.meanings.first(where: { meaning in meaning.texts.contains { line.contains($0) } }) {
            return "no jail can be started: \(meaning.cause) (\(line)); \(meaning.remedy)"
        }
        let advice = line.hasPrefix("bwrap") ? "; docs/jail.md lists what the system must allow" : ""
        return "no jail can be started: \(line)\(advice)"
    }
}
