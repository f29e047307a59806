internal import Glibc

/// Tests a jail before it is relied on: a program must run in it, and escapes must fail.
package struct JailProbe: Sendable {
    /// Runs a script by `/bin/sh` in a jail and returns its status: that of `exit`, or 128 and the signal's number.
    package typealias Runner = @Sendable (_ script: String) async throws(JailFailure) -> Int

    private let run: Runner

    package init(run: @escaping Runner) { self.run = run }

    /// Returns if the jail holds. Fails with one line: why it does not start, or which escape succeeded.
    package func examine() async throws(JailFailure) {
        let file = try HostFile()
        let escapes = Self.escapes(file.path)
        // One script, because each takes milliseconds, and the host waits for this.
        let script = escapes.map { "escape=\($0.status)\n\($0.script)\n" }.joined() + "exit \(Self.held)"
        let status = try await self.run(script)
        if status == Self.held { return }
        let what =
            escapes.first { $0.status == status }.map { "\($0.name) was possible" }
            ?? "the escapes could not be tried (status \(status))"
        throw JailFailure("the jail does not hold: \(what); commands are refused, report this as a defect")
    }

    struct Escape: Sendable {
        let name: String
        /// Of the script if the escape succeeds. Neither the shell nor Bubblewrap uses it.
        let status: Int
        /// Ends with `$escape`, its status, if it succeeds.
        let script: String
    }

    /// Of the script if no escape succeeds.
    private static let held = 42

    /// With the shell's own means only, so that a missing program is not mistaken for a blocked escape.
    static func escapes(_ file: String) -> [Escape] {
        [
            Escape(
                name: "reading a file of the host", status: 43, script: "if [ -e '\(file)' ]; then exit $escape; fi"),
            // As root, this would run code outside: the kernel starts the program that core_pattern names.
            Escape(
                name: "writing the kernel's settings", status: 44,
                script: "if [ -w /proc/sys/kernel/core_pattern ]; then exit $escape; fi"),
            Escape(
                name: "using the host's network", status: 45,
                script: """
                    while read -r name rest; do
                        case $name in Inter-*|face*|lo:*) ;; *) exit $escape ;; esac
                    done </proc/net/dev
                    """),
            // 2 is a filter; without one, calls that namespaces do not cover would be open.
            Escape(
                name: "using unfiltered system calls", status: 46,
                script: """
                    while read -r name value; do
                        case $name in Seccomp:) [ "$value" = 2 ] || exit $escape ;; esac
                    done </proc/self/status
                    """),
        ]
    }

    /// A file that everybody outside may read, for as long as the value exists.
    private struct HostFile: ~Copyable {
        let path: String
        private let folder: String

        init() throws(JailFailure) {
            var template = Array("/var/tmp/jetbridge-probe-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                throw JailFailure("the jail cannot be tried: no folder in /var/tmp; make it writable")
            }
            self.folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            self.path = "\(self.folder)/file"
            chmod(self.folder, 0o755)
            let descriptor = open(self.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor >= 0 { close(descriptor) }
        }

        deinit {
            unlink(self.path)
            rmdir(self.folder)
        }
    }
}

/// Whether commands can run in a jail on this machine.
package enum JailStatus: Sendable, Equatable {
    /// The version of Bubblewrap, and the names of what limits a jail and its workspace.
    case ready(bubblewrap: String, limits: String, quota: String)
    /// Why not, and what to do, in one line.
    case unavailable(String)
    /// Commands run without a jail, as this user of the machine, as requested on the command line.
    case off(user: String)

    /// As `status` in a thread says it: a clause without a full stop.
    package var line: String {
        switch self {
        case .ready(let bubblewrap, let limits, let quota):
            "Bubblewrap \(bubblewrap); limits by \(limits), disk by \(quota)"
        case .unavailable(let reason): "not available: \(reason)"
        case .off(let user): "off: commands run without a jail, as the user \(user) of the host's machine"
        }
    }

    /// As `/readyz` says it; nil if commands run in a jail.
    package var problem: String? {
        switch self {
        case .ready: nil
        case .unavailable(let reason): reason
        case .off: self.line
        }
    }

    /// Why commands are refused; nil if they run.
    package var refusal: String? {
        if case .unavailable(let reason) = self { reason } else { nil }
    }
}
