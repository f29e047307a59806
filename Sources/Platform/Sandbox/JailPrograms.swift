internal import Compression
internal import Crypto
internal import EventLoop
internal import Glibc
internal import Lifecycle
internal import Primitives

/// The programs that a jail sees at `/jb`: our init, and copies of bash, if this system has it, and of dash, which runs the
/// commands otherwise.
///
/// Their mode is 0111. Who cannot read a program gets a process whose memory, descriptors and environment nobody of the
/// same user can open; that protects the channel by which the shell reports.
package struct JailPrograms: Sendable, Equatable {
    /// Holds nothing but these programs.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Whether commands run in bash.
    package var hasBash: Bool { unsafe access("\(self.folder)/\(Self.bashName)", F_OK) == 0 }

    package var launcher: String { "\(self.folder)/\(Self.initName)" }

    package static let initName = "jetbridge-init"
    package static let shellName = "sh"
    package static let bashName = "bash"
    /// All that ``install(in:)`` may write.
    package static let names = [Self.initName, Self.shellName, Self.bashName]

    /// Writes the programs to `folder`, which is made if it is missing. Those that are there already stay.
    ///
    /// On the loop, where all child processes are started: a child that inherits the file while it is open for writing
    /// would make executing it fail (ETXTBSY). Takes some milliseconds the first time.
    @Net package static func install(in folder: String) throws(SandboxError) -> JailPrograms {
        do {
            try PrivateFile.makeFolder(folder)
            guard unsafe chmod(folder, 0o755) == 0 else { throw SystemError.last("change the mode of \(folder)") }
            try self.installInit(at: "\(folder)/\(self.initName)")
            guard try self.installShell("/bin/dash", at: "\(folder)/\(self.shellName)") else {
                throw SandboxError("/bin/dash cannot be read: install the package dash")
            }
            let bash = "\(folder)/\(self.bashName)"
            // An earlier copy goes if this system no longer has bash.
            if try !self.installShell("/bin/bash", at: bash), unsafe unlink(bash) != 0, errno != ENOENT {
                throw SystemError.last("remove \(bash)")
            }
        } catch let error as SandboxError {
            throw error
        } catch {
            throw SandboxError("the jail's programs cannot be written: \(error)")
        }
        return JailPrograms(folder: folder)
    }

    /// What a copy has in common with what it was made from.
    private struct Origin: Equatable {
        var size: Int
        /// When the original was changed; of our init, digits of its digest.
        var seconds: Int
        var nanoseconds = 0

        init(size: Int, seconds: Int) { (self.size, self.seconds) = (size, seconds) }

        init(_ status: stat) {
            self.init(size: Int(status.st_size), seconds: status.st_mtim.tv_sec)
            self.nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private static func installInit(at path: String) throws {
        let origin = Origin(size: InitProgram.size, seconds: InitProgram.mark)
        if self.has(origin, at: path) { return }
        guard let program = self.launcherProgram() else {
            throw SandboxError("the embedded init is damaged: build the program again")
        }
        try self.write(program, origin, to: path)
    }

    /// False if this system does not have the shell.
    private static func installShell(_ program: String, at path: String) throws -> Bool {
        var status = stat()
        guard unsafe stat(program, &status) == 0 else { return false }
        let origin = Origin(status)
        if self.has(origin, at: path) { return true }
        guard let file = PrivateFile.read(program, limit: 8 << 20), file.bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { return false }
        try self.write(file.bytes, origin, to: path)
        return true
    }

    /// Whether a copy is there that was written since the machine started: an older one may have been lost with the
    /// machine's power, because these files are not flushed.
    private static func has(_ origin: Origin, at path: String) -> Bool {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode == S_IFREG | 0o111, status.st_uid == geteuid(),
            Origin(status) == origin
        else { return false }
        var now = timespec()
        var running = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0, unsafe clock_gettime(CLOCK_BOOTTIME, &running) == 0
        else { return false }
        return status.st_ctim.tv_sec > now.tv_sec - running.tv_sec
    }

    private static func write(_ bytes: [UInt8], _ origin: Origin, to path: String) throws {
        let draft = "\(path).new"
        try PrivateFile.write(bytes, to: draft, isFlushed: false)
        let time = timespec(tv_sec: origin.seconds, tv_nsec: origin.nanoseconds)
        guard unsafe utimensat(AT_FDCWD, draft, [time, time], 0) == 0, unsafe chmod(draft, 0o111) == 0,
            unsafe rename(draft, path) == 0
        else { throw SystemError.last("write \(path)") }
    }

    /// Nil if what is embedded is damaged.
    static func launcherProgram() -> [UInt8]? {
        decodeBase64(InitProgram.compressed).flatMap { try? Gunzip.bytes(of: $0) }
    }
}
