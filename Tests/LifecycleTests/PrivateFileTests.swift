import EventLoop
import Glibc
import Lifecycle
import TestSupport
import Testing

@Suite("Private files")
struct PrivateFileTests {
    private let directory: TemporaryDirectory
    private var path: String { self.directory.path + "/x.json" }

    init() throws { self.directory = try TemporaryDirectory() }

    @Test("a written file is private, even if it was not before and whatever the umask")
    func mode() throws {
        let old = umask(0)
        defer { umask(old) }
        try PrivateFile.write(Array("one".utf8), to: self.path)
        chmod(self.path, 0o666)
        expectEqual(PrivateFile.read(self.path)?.isOpenToOthers, true)
        let before = PrivateFile.Stamp(of: self.path)
        try PrivateFile.write(Array("two".utf8), to: self.path)
        expectEqual(PrivateFile.read(self.path)?.isOpenToOthers, false)
        expectEqual(PrivateFile.text(of: self.path), "two")
        #expect(PrivateFile.Stamp(of: self.path) != before)
    }

    @Test("a symbolic link is replaced, not followed")
    func link() throws {
        let target = self.directory.path + "/target"
        try PrivateFile.write([], to: target)
        symlink(target, self.path)
        try PrivateFile.write(Array("secret".utf8), to: self.path)
        expectEqual(PrivateFile.text(of: target), "")
    }

    @Test("an unreadable file is nil, and a pipe does not block")
    func unreadable() throws {
        expectEqual(PrivateFile.read(self.path), nil)
        #expect(PrivateFile.Stamp(of: self.path).isAbsent)
        expectEqual(PrivateFile.read(self.directory.path), nil)
        mkfifo(self.path, 0o600)
        expectEqual(PrivateFile.read(self.path), nil)
        #expect(try PrivateFile.remove(self.path))
        #expect(try !PrivateFile.remove(self.path))
    }

    @Test("a failed write leaves no draft")
    func failure() throws {
        mkdir(self.path, 0o700)
        #expect(throws: SystemError.self) { try PrivateFile.write([1], to: self.path) }
        rmdir(self.path)
        expectEqual(rmdir(self.directory.path), 0)
    }

    @Test(
        "the start time is found after any process name",
        arguments: ["(sh)", "(a b)", "(x) y)", "((()"])
    func startTime(name: String) {
        let rest = (4...21).map(String.init).joined(separator: " ")
        #expect(ProcessIdentity.current.isAlive)
        expectEqual(ProcessIdentity.startTime(inStat: "7 \(name) S \(rest) 4242 23 24"), 4_242)
        expectEqual(ProcessIdentity.startTime(inStat: "7 \(name) Z \(rest) 4242 23 24"), nil)
        expectEqual(ProcessIdentity.startTime(inStat: "7 \(name)"), nil)
    }
}
