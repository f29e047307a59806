internal import Glibc

/// The text of an error number.
func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

/// Writes all bytes to an open file. Returns the error number if that fails, else nil.
func writeAll(_ bytes: [UInt8], to file: Int32) -> Int32? {
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes {
            Glibc.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return errno }
        written += count
    }
    return nil
}

/// An open folder. Its entries are opened without following links, because jails write some of them.
final class BackupFolder {
    let number: Int32

    init(owning number: Int32) { self.number = number }

    /// A folder that the configuration or the command line names, which may be a link. Nil sets `errno`.
    init?(_ path: String) {
        self.number = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if self.number < 0 { return nil }
    }

    deinit { close(self.number) }

    static func name<Value>(_ name: some Sequence<UInt8>, _ body: (UnsafePointer<CChar>) -> Value) -> Value {
        let letters = name.map { CChar(bitPattern: $0) } + [0]
        return letters.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("it has an end") }
            return body(start)
        }
    }

    /// Nil sets `errno`.
    func folder(_ name: some Sequence<UInt8>) -> BackupFolder? {
        let number = self.open(name, O_RDONLY | O_DIRECTORY)
        return number < 0 ? nil : BackupFolder(owning: number)
    }

    func open(_ name: some Sequence<UInt8>, _ flags: Int32, mode: mode_t = 0) -> Int32 {
        Self.name(name) { openat(self.number, $0, flags | O_CLOEXEC | O_NOFOLLOW, mode) }
    }

    func facts(of name: some Sequence<UInt8>) -> stat? {
        var facts = stat()
        return Self.name(name) { fstatat(self.number, $0, &facts, AT_SYMLINK_NOFOLLOW) } == 0 ? facts : nil
    }

    /// The names of all entries but `.` and `..`, in the order of their bytes.
    func names() -> [[UInt8]] {
        // fdopendir(3) takes the descriptor over.
        guard let stream = fdopendir(dup(self.number)) else { return [] }
        defer { closedir(stream) }
        // The copy shares its position with the original.
        rewinddir(stream)
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    func target(of name: some Sequence<UInt8>) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = Self.name(name) { readlinkat(self.number, $0, &buffer, buffer.count) }
        return count < 0 ? nil : buffer.prefix(count).map { UInt8(bitPattern: $0) }
    }

    /// Removes everything in it.
    func clear() {
        for name in self.names() {
            if let folder = self.folder(name) {
                folder.clear()
                _ = Self.name(name) { unlinkat(self.number, $0, AT_REMOVEDIR) }
            } else {
                _ = Self.name(name) { unlinkat(self.number, $0, 0) }
            }
        }
    }
}
