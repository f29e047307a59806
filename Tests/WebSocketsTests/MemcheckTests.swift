import Glibc
import Processes
import TestSupport
import Testing

/// A test can pass although the library has written past the end of one of its buffers.
@Suite("WebSockets under valgrind", .timeLimit(.minutes(4)))
struct MemcheckTests {
    @Test("no hostile peer makes the library use memory that isn't its own")
    func hostilePeers() async throws {
        let valgrind = try #require(Process.find("valgrind"), "valgrind is missing; scripts/setup test installs it")
        let program = try #require(CommandLine.arguments.first { $0.hasSuffix(".xctest") })
        let plan = ProcessPlan.tied(
            valgrind,
            [
                // Swift's runtime copies padding, which valgrind would report as values without a definition.
                "--quiet", "--error-exitcode=9", "--undef-value-errors=no", program, "--testing-library",
                "swift-testing", "--no-parallel", "--filter", #"WebSocketsTests\.Hostile"#,
                // Its deadlines are too short for a program that is so slow.
                "--skip", "neverReads",
            ],
            environment: [
                "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no",
                // Each client would load the system's authorities, for a second.
                "SSL_CERT_FILE": "/dev/null",
            ])
        let result = try await Process.run(plan)
        expectEqual(result.status, .exited(0), "\(result.text.suffix(4000))\n\(result.errorText.suffix(4000))")
    }
}

/// Takes the place of libc's for the test program, as the linker prefers a program's own functions: libdispatch's main
/// thread waits with a mask in read-only memory, but valgrind 3.19 writes to the mask, and crashes.
@_cdecl("sigsuspend")
func sigsuspendWithWritableMask(_ mask: UnsafePointer<sigset_t>) -> Int32 {
    var copy = mask.pointee
    return pselect(0, nil, nil, nil, nil, &copy)
}
