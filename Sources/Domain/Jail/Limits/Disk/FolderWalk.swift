internal import Glibc

/// Measures a folder that programs may be changing. Follows no links, opens no files.
struct FolderWalk {
    /// Allocated bytes, not the lengths of files.
    private(set) var bytes = 0
    /// Files and folders, without the top one.
    private(set) var files = 0
    /// False if something could not be measured: a limit was passed, a folder is unreadable, or folders are nested too
    /// deeply. A program could hide any amount there.
    private(set) var isComplete = true

    private let maximumBytes: Int
    private let maximumFiles: Int
    /// Files with several hard links, which count once.
    private var linked: Set<UInt64> = []

    /// Each level needs a descriptor during the walk.
    private static let maximumDepth = 128

    init(maximumBytes: Int = .max, maximumFiles: Int = .max) {
        self.maximumBytes = maximumBytes
        self.maximumFiles = maximumFiles
    }

    mutating func add(_ path: String) {
        self.add(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), depth: 0)
    }

    private mutating func add(_ descriptor: Int32, depth: Int) {
        // Removed since it was listed: there is nothing to measure.
        if descriptor < 0, depth > 0, errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return }
        guard descriptor >= 0, let folder = fdopendir(descriptor) else {
            if descriptor >= 0 { close(descriptor) }
            self.isComplete = false
            return
        }
        defer { closedir(folder) }
        while self.isComplete, let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            // The name's bytes, because it need not be UTF-8.
            withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { bytes in
                    self.add(bytes, in: descriptor, depth: depth)
                }
            }
        }
    }

    private mutating func add(_ name: UnsafePointer<CChar>, in folder: Int32, depth: Int) {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if !isFolder, status.st_nlink > 1, !self.linked.insert(UInt64(status.st_ino)).inserted { return }
        self.files += 1
        self.bytes += Int(status.st_blocks) * 512
        if self.files > self.maximumFiles || self.bytes > self.maximumBytes || depth >= Self.maximumDepth {
            self.isComplete = false
        }
        guard isFolder, self.isComplete else { return }
        self.add(openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), depth: depth + 1)
    }

    /// Makes a folder if it is missing.
    static func make(_ path: String) throws(JailFailure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw JailFailure("the workspace \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
    }
}
