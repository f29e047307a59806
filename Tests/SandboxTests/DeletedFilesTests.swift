import Glibc
import TestSupport
import Testing

@testable import Sandbox

@Suite("Deleted files that a process keeps", .timeLimit(.minutes(1)))
struct DeletedFilesTests {
    /// What this process keeps on the device of a folder.
    private static func found(in folder: String) -> DeletedFiles {
        var status = stat()
        stat(folder, &status)
        var files = DeletedFiles(on: UInt64(status.st_dev), below: [folder])
        files.add(getpid())
        return files
    }

    private static func hasPassed(_ descriptor: Int32) -> Bool {
        DeletedFiles.hasPassed(DeletedFiles.facts(of: "\(descriptor)", getpid()))
    }

    private static func file(_ folder: String) -> Int32 {
        let file = open("\(folder)/file", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        _ = write(file, [UInt8](repeating: 1, count: 1 << 20), 1 << 20)
        unlink("\(folder)/file")
        return file
    }

    @Test("an open one counts once, a mapped one too; one that was sent may hide any number")
    func kept() throws {
        let folder = try TemporaryDirectory()
        let before = Self.found(in: folder.path)
        let (open, mapped) = (Self.file(folder.path), Self.file(folder.path))
        let copy = dup(open)
        let page = mmap(nil, 4_096, PROT_READ, MAP_SHARED, mapped, 0)
        close(mapped)
        let kept = Self.found(in: folder.path)
        // Only root may ask for the size of a file that is only mapped.
        let isRoot = geteuid() == 0
        #expect(kept.bytes - before.bytes == (isRoot ? 2 : 1) << 20)
        if before.hidden < .max { #expect(kept.hidden - before.hidden == (isRoot ? 0 : 1)) }
        munmap(page, 4_096)
        close(copy)

        var pair: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
        // Most programs have a socket over which nothing is sent.
        #expect(!Self.hasPassed(pair[1]))
        // A header of 16 bytes, SCM_RIGHTS and the descriptor.
        var control: [UInt64] = [20, UInt64(SOL_SOCKET) | UInt64(SCM_RIGHTS) << 32, UInt64(open)]
        var byte: UInt8 = 1
        let sent = control.withUnsafeMutableBytes { control in
            withUnsafeMutablePointer(to: &byte) { byte in
                var part = iovec(iov_base: byte, iov_len: 1)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = 24
                    return sendmsg(pair[0], &message, 0)
                }
            }
        }
        #expect(sent == 1)
        #expect(Self.hasPassed(pair[1]))
        close(open)
        #expect(Self.found(in: folder.path).hidden == .max)
        for each in pair { close(each) }
    }

    @Test("the list of a process's children is read to its end")
    func children() throws {
        let folder = try TemporaryDirectory()
        let path = "\(folder.path)/children"
        let numbers = (100_000..<110_000).map { String($0) }.joined(separator: " ")
        try TestFile.write(numbers, to: path)
        #expect(ProcessChildren.bytes(path, limit: 1 << 20).count == numbers.utf8.count)
        #expect(ProcessChildren.bytes(path).count == 16_384)
    }
}
