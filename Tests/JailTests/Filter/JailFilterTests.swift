import Glibc
import Processes
import Sandbox
import TestSupport
import Testing

@testable import Jail

@Suite("Jail: the filter of system calls", .timeLimit(.minutes(1)))
struct JailFilterTests {
    /// Reads lines `NAME-OR-NUMBER ARGUMENT…`, makes each call in a child process, and prints its error number, `ok`,
    /// or `signal N`.
    private static let caller = """
        import ctypes, os, sys
        library, system = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None, use_errno=True)
        for line in sys.stdin:
            name, *arguments = line.split()
            number = int(name) if name[0].isdigit() else library.seccomp_syscall_resolve_name(name.encode())
            values = [ctypes.c_ulong(int(each)) for each in arguments + ["0"] * (6 - len(arguments))]
            child = os.fork()
            if child == 0:
                if name == "clone" or number < 0:
                    os.close(1)
                status = -1 if number < 0 else system.syscall(ctypes.c_long(number), *values)
                os._exit(254 if number < 0 else ctypes.get_errno() if status == -1 else 255)
            status = os.waitpid(child, 0)[1]
            code = os.waitstatus_to_exitcode(status)
            print("ok" if code == 255 else "absent" if code == 254 else f"signal {-code}" if code < 0 else code)
        """

    private func answers(_ calls: [String], isMarked: Bool = true) async throws -> [String] {
        let result = try await FilteredProgram(isMarked: isMarked).run(
            ["/usr/bin/python3", "-c", Self.caller], input: calls.joined(separator: "\n") + "\n")
        try #require(result.status.isSuccess, "\(result.errorText)")
        let answers = result.text.split(separator: "\n").map(String.init)
        try #require(answers.count == calls.count)
        return answers
    }

    /// Arguments that a rule denies; those of 32 bits also with a bit above them.
    private static func calls(_ rule: SeccompRule) -> [String] {
        var arguments = [UInt64](repeating: 0, count: 6)
        var isInteger = false
        for condition in rule.conditions {
            switch condition.comparison {
            case .bits(let mask, let value):
                arguments[Int(condition.argument)] = value
                isInteger = isInteger || mask == 0xFFFF_FFFF
            case .notEqual(let value): arguments[Int(condition.argument)] = value + 1
            case .atLeast(let value): arguments[Int(condition.argument)] = value
            }
        }
        var calls = [arguments]
        if isInteger, let first = rule.conditions.first {
            arguments[Int(first.argument)] += 1 << 32
            calls.append(arguments)
        }
        return calls.map { "\(rule.name) " + $0.map(String.init).joined(separator: " ") }
    }

    @Test("every row is denied with its own error")
    func rows() async throws {
        let rows = JailFilter.rules.flatMap { rule in Self.calls(rule).map { (rule, $0) } }
        let answers = try await self.answers(rows.map(\.1))
        for ((rule, call), answer) in zip(rows, answers) where !(rule.isOptional && answer == "absent") {
            let mark =
                switch rule.action {
                case .notPermitted: FilteredProgram.Mark.notPermitted
                case .notImplemented: FilteredProgram.Mark.notImplemented
                case .notSupported: FilteredProgram.Mark.notSupported
                case .familyNotSupported: FilteredProgram.Mark.familyNotSupported
                }
            expectEqual(answer, String(mark), "\(call)")
        }
        // vm86 is the only one that this processor lacks.
        #expect(answers.filter { $0 == "absent" }.count <= 8)
    }

    @Test(
        "programs see ordinary errors",
        arguments: [
            ("ptrace 0", EPERM), ("clone3 0 0", ENOSYS), ("socket 40 1 0", EAFNOSUPPORT), ("451", ENOSYS),
            ("467", ENOSYS), ("fallocate 0 1 0 4096", EOPNOTSUPP), ("1000000", ENOSYS), ("personality 262144", EPERM),
        ])
    func errors(_ call: String, _ error: Int32) async throws {
        try await expectEqual(self.answers([call], isMarked: false), [String(error)])
    }

    @Test("a call newer than the table, or with a value that is not allowed, is denied by the second program")
    func boundary() async throws {
        let answers = try await self.answers([
            "451", "467", "1073741823", "personality 1", "personality 262144", "personality 4294967294",
            "personality 262145", "personality 4294967295", "personality 8589934591",
        ])
        let (old, new) = (String(FilteredProgram.Mark.notPermitted), String(FilteredProgram.Mark.notImplemented))
        expectEqual(answers, [new, new, new, old, old, old, old, "ok", "ok"])
    }

    @Test("what ordinary programs need remains allowed")
    func allowed() async throws {
        // UNIX, INET, INET6 and netlink's routes; a pair of UNIX sockets needs memory, hence EFAULT.
        let calls = [
            "socket 1 1 0", "socket 2 1 0", "socket 10 1 0", "socket 16 3 0", "socketpair 1 1 0 0", "ioctl 0 21523",
            "mknodat -100 0 4096", "getpid", "personality 4294967295",
        ]
        let marks = [
            FilteredProgram.Mark.notPermitted, FilteredProgram.Mark.notImplemented,
            FilteredProgram.Mark.familyNotSupported,
        ].map(String.init)
        for (call, answer) in zip(calls, try await self.answers(calls)) {
            #expect(!marks.contains(answer) && !answer.hasPrefix("signal"), "\(call): \(answer)")
        }
    }

    #if arch(x86_64)
        @Test("calls of other processors' interfaces end the process")
        func foreign() async throws {
            // x32: getpid with its bit, and the same beyond the boundary.
            try await expectEqual(
                self.answers(["1073741863", "1073742824"]), ["signal \(SIGSYS)", "signal \(SIGSYS)"])
            // mov eax, 20; int 0x80; ret: the 32-bit getpid.
            let program = """
                import ctypes, mmap
                page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
                page.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))
                ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
                """
            let result = try await FilteredProgram(isMarked: false).run(
                ["/bin/sh", "-c", #"/usr/bin/python3 -c "$1"; echo $?"#, "sh", program])
            expectEqual(result.text, "\(128 + SIGSYS)\n")
        }
    #endif

    @Test(
        "ordinary programs run",
        arguments: [
            ["/usr/bin/python3", "-c", "import subprocess, threading; subprocess.run(['true'], check=True)"],
            [
                "/bin/sh", "-c",
                "git init -q x && cd x && echo 1 >f && git add f && git -c user.name=a "
                    + "-c user.email=b commit -qm c && git log --oneline | grep -q c",
            ],
            ["/bin/sh", "-c", "curl -s http://127.0.0.1:9/; test $? = 7"],
            ["/bin/sh", "-c", "echo 1 | sort | xargs -n1 sh -c 'sleep 0 & wait' && mkfifo f && ls -l f"],
        ])
    func programs(_ command: [String]) async throws {
        let result = try await FilteredProgram(isMarked: false).run(command)
        #expect(result.status.isSuccess, "\(result.errorText)")
    }
}
