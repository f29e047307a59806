import EventLoop
import Glibc
import Sandbox
import TestSupport
import Testing

@testable import Jail

@Suite("The state of a jail's shell", .timeLimit(.minutes(1)))
struct PersistentShellTests {
    @Test("what was written is read, though the news of the command's end comes before that of the pipe")
    @Net
    func lastPiece() throws {
        let (pipe, remote) = try SandboxPipe.output(owner: nil, isLarge: true)
        let command = PersistentShell.Command(pipe)
        // The loop does not run before the end, so it cannot tell the pipe.
        expectEqual(write(remote, "state", 5), 5)
        command.close()
        expectEqual(command.written, Array("state".utf8))
        SandboxPipe.close(remote: remote)
    }
}
