import EventLoop
import Glibc
import Jail
import Processes
import TestSupport

/// Runs programs in a namespace of an ordinary user under the filters of a jail, and nothing else of it.
struct FilteredProgram {
    private let directory: TemporaryDirectory
    private let files: [String]

    /// - Parameter isMarked: Replaces the error numbers by ``Mark``s, because many of these calls fail with EPERM
    ///   without a filter too.
    init(isMarked: Bool) throws {
        self.directory = try TemporaryDirectory()
        var files: [String] = []
        for (index, program) in try JailFilter.programs().enumerated() {
            let path = "\(self.directory.path)/\(index)"
            let file = open(path, O_WRONLY | O_CREAT, 0o644)
            let bytes = isMarked ? Mark.all(in: program) : program
            precondition(write(file, bytes, bytes.count) == bytes.count)
            close(file)
            files.append(path)
        }
        chmod(self.directory.path, 0o755)
        self.files = files
    }

    func run(_ command: [String], input: String = "") async throws -> Process.Result {
        let enter = #"exec 3<"$1" 4<"$2"; shift 2; exec "$@""#
        let user =
            getuid() == 0
            ? ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs"] : []
        let jail = [
            "/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
            "/proc", "--tmpfs", "/tmp", "--chdir", "/tmp", "--add-seccomp-fd", "3", "--add-seccomp-fd", "4", "--",
        ]
        let plan = ProcessPlan.tied(
            "/bin/sh", ["-c", enter, "sh"] + self.files + user + jail + command,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"], directory: "/")
        return try await Process.run(plan, input: Array(input.utf8))
    }

    /// Error numbers that no system call returns here.
    enum Mark {
        static let notPermitted = 201
        static let notImplemented = 202
        static let familyNotSupported = 203
        static let notSupported = 204

        /// In each instruction that returns an error number, replaces that number.
        fileprivate static func all(in program: [UInt8]) -> [UInt8] {
            var program = program
            for start in stride(from: 0, to: program.count, by: 8)
            where program[start] == 0x06 && program[start + 6] == 0x05 {
                switch Int32(program[start + 4]) {
                case EPERM: program[start + 4] = UInt8(Self.notPermitted)
                case ENOSYS: program[start + 4] = UInt8(Self.notImplemented)
                case EOPNOTSUPP: program[start + 4] = UInt8(Self.notSupported)
                case EAFNOSUPPORT: program[start + 4] = UInt8(Self.familyNotSupported)
                default: break
                }
            }
            return program
        }
    }
}
