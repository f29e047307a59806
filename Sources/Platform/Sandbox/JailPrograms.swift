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

    /// Writes the programs to `folder`, which is made if it is missing.
    ///
    /// On the loop, where all child processes are started: a child that inherits the file while it is open for writing
    /// would make executing it fail (ETXTBSY). Takes about a millisecond.
    @Net package static func install(in folder: String) throws(SandboxError) -> JailPrograms {
        guard let dash = PrivateFile.read("/bin/dash", limit: 8 << 20),
            dash.bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        else { throw SandboxError("/bin/dash cannot be read: install the package dash") }
        guard let program = self.launcherProgram() else {
            throw SandboxError("the embedded init is damaged: build the program again")
        }
        do {
            try PrivateFile.makeFolder(folder)
            guard unsafe chmod(folder, 0o755) == 0 else { throw SystemError.last("change the mode of \(folder)") }
            try self.write(program, to: "\(folder)/\(self.initName)")
            try self.write(dash.bytes, to: "\(folder)/\(self.shellName)")
            try self.installBash(at: "\(folder)/\(self.bashName)")
        } catch {
            throw SandboxError("the jail's programs cannot be written: \(error)")
        }
        return JailPrograms(folder: folder)
    }

    /// Removes an earlier copy if this system no longer has bash.
    private static func installBash(at path: String) throws {
        if let bash = PrivateFile.read("/bin/bash", limit: 8 << 20), bash.bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) {
            try self.write(bash.bytes, to: path)
        } else if unsafe unlink(path) != 0, errno != ENOENT {
            throw SystemError.last("remove \(path)")
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let draft = "\(path).new"
        try PrivateFile.write(bytes, to: draft, isFlushed: false)
        guard unsafe chmod(draft, 0o111) == 0, unsafe rename(draft, path) == 0 else {
            throw SystemError.last("write \(path)")
        }
    }

    /// Nil if what is embedded is damaged.
    static func launcherProgram() -> [UInt8]? {
        decodeBase64(InitProgram.compressed).flatMap { try? Gunzip.bytes(of: $0) }
    }
}
