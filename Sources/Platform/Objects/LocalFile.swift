internal import CSystem
package import EventLoop
internal import Glibc
internal import Primitives

/// A file of this machine, read and written in pieces. Blocking, so on a thread that all of them share.
package actor LocalFile {
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe Self.thread.asUnownedSerialExecutor() }

    static let thread = ThreadExecutor(name: "objects")

    private var number: Int32
    private let path: String
    /// Where a draft goes.
    private var target: String?
    /// Of an `open` that failed.
    private let code: Int32

    /// Takes over a descriptor.
    init(owning number: Int32, _ path: String) {
        self.init(number, path)
    }

    private init(_ number: Int32, _ path: String, target: String? = nil) {
        self.code = number < 0 ? errno : 0
        self.number = number
        self.path = path
        self.target = target
    }

    /// An existing file, for reading. One that cannot be opened fails when it is read.
    package init(reading path: String) {
        self.init(unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), path)
    }

    /// A new file without a name in the folder of `path`, for reading and writing. The disk has it while this exists.
    package init(unnamedBeside path: String) async throws(SystemError) {
        let draft = Self.draft(of: path)
        self.init(Self.create(draft), draft)
        try self.check()
        unsafe unlink(draft)
    }

    /// A new file that gets its name when it is complete.
    init(draftOf path: String) async throws(SystemError) {
        let draft = Self.draft(of: path)
        self.init(Self.create(draft), draft, target: path)
        try self.check()
    }

    deinit { if self.number >= 0 { close(self.number) } }

    private static func draft(of path: String) -> String {
        "\(path).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).part"
    }

    private static func create(_ path: String) -> Int32 {
        unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }

    package func size() throws(SystemError) -> Int {
        try self.check()
        var status = stat()
        guard unsafe fstat(self.number, &status) == 0 else { throw .last("read \(self.path)") }
        return Int(status.st_size)
    }

    package func append(_ bytes: [UInt8]) throws(SystemError) {
        try self.check()
        try Self.write(bytes, to: self.number, self.path)
    }

    /// Up to `count` bytes; fewer only at the end of the file.
    package func read(at start: Int, upTo count: Int) throws(SystemError) -> [UInt8] {
        try self.check()
        guard let bytes = FileDescriptor.read(self.number, at: start, upTo: count) else {
            throw .last("read \(self.path)")
        }
        return bytes
    }

    /// Makes a draft durable and gives it its name.
    func complete() throws(SystemError) {
        try self.check()
        guard let target = self.target, fsync(self.number) == 0, unsafe rename(self.path, target) == 0 else {
            throw .last("write \(self.path)")
        }
        self.target = nil
    }

    /// Removes a draft.
    func discard() {
        if self.target != nil { unsafe unlink(self.path) }
        self.target = nil
    }

    private func check() throws(SystemError) {
        if self.number < 0 { throw SystemError("open \(self.path)", code: self.code) }
    }

    static func write(_ bytes: [UInt8], to number: Int32, _ name: String) throws(SystemError) {
        let code = FileDescriptor.write(bytes, to: number)
        guard code == 0 else { throw SystemError("write \(name)", code: code) }
    }
}
