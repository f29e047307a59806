internal import CSystem
internal import Glibc
internal import Primitives

/// A folder that is held open, for files that an enemy changes at the same time.
///
/// Each call takes a name or path below the folder; none follows a symbolic link or leaves it, whatever is renamed
/// meanwhile. Calls that can fail in expected ways return `errno`, 0 for success.
struct Folder: ~Copyable {
    private let file: FileDescriptor

    var descriptor: Int32 { self.file.rawValue }

    private init(_ descriptor: Int32) {
        self.file = FileDescriptor(owning: descriptor)
    }

    /// The folder at a path that only the host writes.
    init(path: String) throws(GitError) {
        let number = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw GitError(system: errno, "open", "the folder \(path)") }
        self.init(number)
    }

    // MARK: Reading

    /// Opens a file or folder below; a negative `errno` on failure.
    func open(_ path: [UInt8], _ flags: Int32, mode: UInt32 = 0) -> Int32 {
        let number = unsafe Self.withName(path) {
            unsafe csystem_open_beneath(self.descriptor, $0, flags, mode)
        }
        return number >= 0 ? number : -errno
    }

    /// Nil with `errno` when it is missing or not a folder.
    func folder(_ path: [UInt8]) -> Folder? {
        let number = self.open(path, O_RDONLY | O_DIRECTORY)
        guard number >= 0 else {
            errno = -number
            return nil
        }
        return Folder(number)
    }

    /// A regular file below. Nil with `errno` when it can't be opened, and with 0 for anything else.
    func file(_ path: [UInt8]) -> OpenFile? {
        let number = self.open(path, O_RDONLY | O_NOFOLLOW)
        errno = number < 0 ? -number : 0
        return number < 0 ? nil : OpenFile(FileDescriptor(owning: number))
    }

    func facts(of name: [UInt8]) -> FileFacts? {
        var raw = csystem_facts()
        let status = unsafe Self.withName(name) { unsafe csystem_facts_at(self.descriptor, $0, &raw) }
        return status == 0 ? FileFacts(raw) : nil
    }

    /// The facts of the folder itself.
    var facts: FileFacts? { Self.facts(of: self.descriptor) }

    static func facts(of descriptor: Int32) -> FileFacts? {
        var raw = csystem_facts()
        return unsafe csystem_facts_of(descriptor, &raw) == 0 ? FileFacts(raw) : nil
    }

    /// The names in the folder, in the order of their bytes, at most `limit`; nil when they can't be read.
    func names(limit: Int) -> [[UInt8]]? {
        let number = self.open([UInt8(ascii: ".")], O_RDONLY | O_DIRECTORY)
        guard number >= 0 else {
            errno = -number
            return nil
        }
        guard let names = unsafe FileDescriptor.names(fdopendir(number), limit: limit) else {
            _ = close(number)
            return nil
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The text of a symbolic link.
    func link(_ name: [UInt8]) -> [UInt8]? {
        var text = [CChar](repeating: 0, count: 4_096)
        let count = unsafe Self.withName(name) { unsafe readlinkat(self.descriptor, $0, &text, text.count) }
        return count >= 0 ? text[..<count].map { UInt8(bitPattern: $0) } : nil
    }

    // MARK: Writing

    /// A new folder that `owner` may write.
    func makeFolder(_ name: [UInt8], owner: FileOwner?) -> Int32 {
        let status = unsafe Self.withName(name) { unsafe mkdirat(self.descriptor, $0, 0o755) }
        guard status == 0 else { return errno }
        guard let made = self.folder(name) else { return errno }
        guard fchmod(made.descriptor, 0o755) == 0 else { return errno }
        return made.own(owner)
    }

    /// Writes a file next to its place and renames it there, so that nobody sees half of it and a link in its place is
    /// replaced, not followed.
    func write(_ bytes: [UInt8], to name: [UInt8], mode: UInt32, owner: FileOwner?) -> Int32 {
        let draft = Self.draftName()
        let number = self.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        guard number >= 0 else { return -number }
        let file = FileDescriptor(owning: number)
        var status = FileDescriptor.write(bytes, to: number)
        if status == 0, let owner { status = fchown(number, owner.user, owner.group) == 0 ? 0 : errno }
        if status == 0 { status = fchmod(number, mode) == 0 ? 0 : errno }
        if status == 0 { status = self.rename(draft, to: name) }
        if status != 0 { _ = self.remove(draft) }
        _ = consume file
        return status
    }

    func writeLink(_ text: [UInt8], to name: [UInt8], owner: FileOwner?) -> Int32 {
        let draft = Self.draftName()
        var status = unsafe Self.withName(text) { text in
            unsafe Self.withName(draft) { unsafe symlinkat(text, self.descriptor, $0) == 0 ? 0 : errno }
        }
        guard status == 0 else { return status }
        status = self.own(draft, owner)
        if status == 0 { status = self.rename(draft, to: name) }
        if status != 0 { _ = self.remove(draft) }
        return status
    }

    /// Removes a file or link.
    func remove(_ name: [UInt8]) -> Int32 {
        unsafe Self.withName(name) { unsafe unlinkat(self.descriptor, $0, 0) == 0 ? 0 : errno }
    }

    /// Removes an empty folder.
    func removeFolder(_ name: [UInt8]) -> Int32 {
        unsafe Self.withName(name) { unsafe unlinkat(self.descriptor, $0, AT_REMOVEDIR) == 0 ? 0 : errno }
    }

    func rename(_ name: [UInt8], to other: [UInt8]) -> Int32 {
        self.move(name, to: other, in: self)
    }

    func move(_ name: [UInt8], to other: [UInt8], in folder: borrowing Folder) -> Int32 {
        let target = folder.descriptor
        return unsafe Self.withName(name) { name in
            unsafe Self.withName(other) { unsafe renameat(self.descriptor, name, target, $0) == 0 ? 0 : errno }
        }
    }

    /// Lets the owner read and enter a folder whose mode forbids it.
    func unlock(_ name: [UInt8]) {
        unsafe Self.withName(name) { _ = unsafe fchmodat(self.descriptor, $0, 0o700, 0) }
    }

    /// Adds permissions to a file that lacks some of them.
    func permit(_ name: [UInt8], _ facts: FileFacts, _ wanted: UInt32) {
        guard facts.mode & wanted != wanted else { return }
        unsafe Self.withName(name) { _ = unsafe fchmodat(self.descriptor, $0, facts.mode & 0o7777 | wanted, 0) }
    }

    /// Gives the folder itself to `owner`; nil changes nothing.
    func own(_ owner: FileOwner?) -> Int32 {
        guard let owner else { return 0 }
        return fchown(self.descriptor, owner.user, owner.group) == 0 ? 0 : errno
    }

    /// Gives what has a name to `owner`, a link itself; nil changes nothing.
    func own(_ name: [UInt8], _ owner: FileOwner?) -> Int32 {
        guard let owner else { return 0 }
        return unsafe Self.withName(name) {
            unsafe fchownat(self.descriptor, $0, owner.user, owner.group, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno
        }
    }
}

extension Folder {
    /// A name that nothing else has.
    private static func draftName() -> [UInt8] {
        Array(".jetbridge-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))".utf8)
    }

    static func withName<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe body(name.map { CChar(bitPattern: $0) } + [0])
    }
}

extension GitError {
    /// A failed system call on `what`: "the file a/b".
    init(system code: Int32, _ verb: String, _ what: String) {
        switch code {
        case ENOENT: self.init(.notFound, "\(what) was not found: check its name")
        case ENOSPC, EDQUOT:
            self.init(.diskFull, "can't \(verb) \(what) because the disk is full: delete files")
        case EACCES, EPERM, EROFS:
            self.init(.notWritable, "can't \(verb) \(what) because its permissions forbid it: change them")
        case ELOOP, EXDEV:
            self.init(.invalidName, "can't \(verb) \(what) because its path has a symbolic link: use the real path")
        case ENOTDIR:
            self.init(.pathIsFile, "can't \(verb) \(what) because a file is in the place of a folder: move it")
        case EISDIR, ENOTEMPTY, EEXIST:
            self.init(.exists, "can't \(verb) \(what) because a folder has its name: choose another name")
        default: self.init(.failed, "can't \(verb) \(what) (error \(code)): try again")
        }
    }
}
