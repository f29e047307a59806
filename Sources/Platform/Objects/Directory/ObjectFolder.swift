internal import CSystem
internal import EventLoop
internal import Glibc
internal import Primitives

/// A folder of a directory of objects, held open. Blocking.
final class ObjectFolder: Sendable {
    private let file: FileDescriptor
    private let path: String

    private static let draftPrefix = ".new-"
    /// Seconds after which a draft is what a crash has left.
    private static let draftLifetime = 86_400

    private init(owning number: Int32, _ path: String) {
        self.file = FileDescriptor(owning: number)
        self.path = path
    }

    /// Nil if it is missing.
    convenience init?(_ path: String) throws(SystemError) {
        let number = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else {
            if errno == ENOENT { return nil }
            throw .last("open \(path)")
        }
        self.init(owning: number, path)
    }

    /// The folder below by its parts; nil if it is missing.
    func folder(_ parts: ArraySlice<String>) throws(SystemError) -> ObjectFolder? {
        if parts.isEmpty { return self }
        let name = parts.joined(separator: "/")
        guard let number = try self.opened(name, O_RDONLY | O_DIRECTORY) else { return nil }
        return ObjectFolder(owning: number, "\(self.path)/\(name)")
    }

    /// The folder below by its name, made if it is missing.
    func made(_ name: String) throws(SystemError) -> ObjectFolder {
        if let folder = try self.folder([name]) { return folder }
        guard unsafe mkdirat(self.file.rawValue, name, 0o700) == 0 || errno == EEXIST, fsync(self.file.rawValue) == 0
        else { throw .last("make the folder \(self.path)/\(name)") }
        guard let folder = try self.folder([name]) else {
            throw SystemError("make the folder \(self.path)/\(name)", code: ENOENT)
        }
        return folder
    }

    /// A file below; nil if it is missing.
    func open(_ name: String) throws(SystemError) -> LocalFile? {
        try self.opened(name, O_RDONLY).map { LocalFile(owning: $0, "\(self.path)/\(name)") }
    }

    /// A file below as what is stored elsewhere; nil if it is missing.
    func content(_ name: String) async throws -> ObjectContent? {
        guard try self.facts(of: name, key: name) != nil else { return nil }
        return try await ObjectContent(file: "\(self.path)/\(name)")
    }

    func facts(of name: String, key: String) throws(SystemError) -> ObjectFacts? {
        var status = stat()
        guard unsafe fstatat(self.file.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw .last("read \(self.path)/\(name)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        // A file may have any time.
        let seconds = min(max(Int64(status.st_mtim.tv_sec), -(1 << 40)), 1 << 40)
        let time = seconds * 1_000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
        return ObjectFacts(key: key, size: Int(status.st_size), modified: time)
    }

    /// The names of files and folders, in the order in which their keys sort.
    ///
    /// - Parameter isWanted: Asked for each name; that of a folder has a slash at the end.
    func names(
        where isWanted: (_ name: String, _ isFolder: Bool) -> Bool = { _, _ in true }
    ) throws(SystemError) -> [(name: String, isFolder: Bool)] {
        // A descriptor of its own, because closing the stream closes it.
        guard let number = try self.opened(".", O_RDONLY | O_DIRECTORY), let stream = unsafe fdopendir(number) else {
            throw .last("list \(self.path)")
        }
        defer { unsafe closedir(stream) }
        var names: [(name: String, isFolder: Bool)] = []
        while let entry = unsafe readdir(stream) {
            let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else { continue }
            if name.hasPrefix(Self.draftPrefix) { self.removeIfLeft(name) }
            if name.hasPrefix(".") { continue }
            let folderName = name + "/"
            let (mayBeFile, mayBeFolder) = (isWanted(name, false), isWanted(folderName, true))
            guard mayBeFile || mayBeFolder else { continue }
            let type = unsafe entry.pointee.d_type
            guard let isFolder = type == UInt8(DT_UNKNOWN) ? self.isFolder(name) : Self.isFolder(type) else { continue }
            if isFolder, mayBeFolder { names.append((folderName, true)) }
            if !isFolder, mayBeFile { names.append((name, false)) }
        }
        return names.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Nil for what is neither a file nor a folder.
    private static func isFolder(_ type: UInt8) -> Bool? {
        switch type {
        case UInt8(DT_REG): false
        case UInt8(DT_DIR): true
        default: nil
        }
    }

    /// The same for a name on a file system whose folders do not say it.
    private func isFolder(_ name: String) -> Bool? {
        var status = stat()
        guard unsafe fstatat(self.file.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return false
        case S_IFDIR: return true
        default: return nil
        }
    }

    // MARK: Writing

    /// Writes a draft, whose name is returned.
    func draft(of content: ObjectContent) async throws -> String {
        let name = Self.draftPrefix + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        do {
            // One that is on the same file system need not be written twice.
            if let file = content.file, unsafe linkat(AT_FDCWD, file, self.file.rawValue, name, 0) == 0 {
                guard let number = try self.opened(name, O_RDONLY) else { throw SystemError.last("read \(file)") }
                let draft = FileDescriptor(owning: number)
                guard fsync(draft.rawValue) == 0 else { throw SystemError.last("write \(self.path)") }
                return name
            }
            let number = unsafe csystem_open_beneath(
                self.file.rawValue, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
            guard number >= 0 else { throw SystemError.last("write \(self.path)") }
            let draft = FileDescriptor(owning: number)
            try await content.forEach { try LocalFile.write($0, to: number, self.path) }
            guard fsync(draft.rawValue) == 0 else { throw SystemError.last("write \(self.path)") }
            return name
        } catch {
            unsafe unlinkat(self.file.rawValue, name, 0)
            throw error
        }
    }

    /// Gives a draft its name; false if the name is taken and may not be replaced.
    func keep(_ draft: String, as name: String, ifAbsent: Bool) throws(SystemError) -> Bool {
        let folder = self.file.rawValue
        let isKept =
            unsafe ifAbsent
            ? linkat(folder, draft, folder, name, 0) == 0 : renameat(folder, draft, folder, name) == 0
        let code = errno
        // Also after a renaming: it does nothing where both names are of one file.
        unsafe unlinkat(folder, draft, 0)
        guard isKept else {
            if ifAbsent, code == EEXIST { return false }
            throw SystemError("write \(self.path)/\(name)", code: code)
        }
        guard fsync(folder) == 0 else { throw .last("write \(self.path)") }
        return true
    }

    func remove(_ name: String) throws(SystemError) {
        guard unsafe unlinkat(self.file.rawValue, name, 0) != 0, errno != ENOENT else { return }
        throw .last("remove \(self.path)/\(name)")
    }

    /// False if it has something in it.
    func removeFolder(_ name: String) -> Bool { unsafe unlinkat(self.file.rawValue, name, AT_REMOVEDIR) == 0 }

    private func removeIfLeft(_ draft: String) {
        var status = stat()
        guard unsafe fstatat(self.file.rawValue, draft, &status, AT_SYMLINK_NOFOLLOW) == 0,
            status.st_ctim.tv_sec + Self.draftLifetime < time(nil)
        else { return }
        unsafe unlinkat(self.file.rawValue, draft, 0)
    }

    /// Nil if it is missing. Never follows a link or leaves the folder.
    private func opened(_ name: String, _ flags: Int32) throws(SystemError) -> Int32? {
        let number = unsafe csystem_open_beneath(self.file.rawValue, name, flags, 0)
        if number >= 0 { return number }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw .last("open \(self.path)/\(name)")
    }
}
