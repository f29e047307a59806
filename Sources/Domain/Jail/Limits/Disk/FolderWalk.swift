internal import Glibc

/// Measures folders that programs may be changing, however deep they are. Follows no links, opens no files.
struct FolderWalk {
    /// Allocated bytes, not the lengths of files.
    private(set) var bytes = 0
    /// Names of files and folders, without the top ones: whoever copies the folder makes a file for each.
    private(set) var files = 0
    /// False if something could not be measured: a folder is unreadable, or was moved at that moment. A program could
    /// hide any amount there.
    private(set) var isComplete = true

    /// Files with several hard links, whose bytes count once.
    private var linked: Set<UInt64> = []
    private var levels: [Level] = []

    private struct Level {
        /// -1 while it is closed.
        var descriptor: Int32
        let file: UInt64
        /// Folders in it that have not been measured.
        var folders: [[CChar]] = []
    }

    /// Folders that are open at the same time; those above are opened again on the way back.
    private static let mostOpen = 64

    mutating func add(_ path: String) {
        self.enter(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        while let level = self.levels.last {
            guard let name = self.levels[self.levels.count - 1].folders.popLast() else {
                self.leave()
                continue
            }
            self.enter(openat(level.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        }
    }

    private mutating func enter(_ descriptor: Int32) {
        var status = stat()
        // Removed since it was listed: there is nothing to measure.
        if descriptor < 0, !self.levels.isEmpty, errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return }
        guard descriptor >= 0, fstat(descriptor, &status) == 0,
            let folder = fdopendir(fcntl(descriptor, F_DUPFD_CLOEXEC, 0))
        else {
            if descriptor >= 0 { Glibc.close(descriptor) }
            self.isComplete = false
            return
        }
        defer { closedir(folder) }
        self.levels.append(Level(descriptor: descriptor, file: UInt64(status.st_ino)))
        if self.levels.count > Self.mostOpen { self.close(self.levels.count - 1 - Self.mostOpen) }
        while let entry = readdir(folder) {
            // The name's bytes, because it need not be UTF-8.
            withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { self.add($0, in: descriptor) }
            }
        }
    }

    private mutating func add(_ name: UnsafePointer<CChar>, in folder: Int32) {
        var status = stat()
        guard strcmp(name, ".") != 0, strcmp(name, "..") != 0,
            fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        else { return }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        self.files += 1
        if !isFolder, status.st_nlink > 1, !self.linked.insert(UInt64(status.st_ino)).inserted { return }
        self.bytes += Int(status.st_blocks) * 512
        if isFolder {
            let bytes = UnsafeBufferPointer(start: name, count: strlen(name) + 1)
            self.levels[self.levels.count - 1].folders.append(Array(bytes))
        }
    }

    private mutating func leave() {
        let child = self.levels.removeLast()
        defer { Glibc.close(child.descriptor) }
        guard let parent = self.levels.last, parent.descriptor < 0 else { return }
        let descriptor = openat(child.descriptor, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var status = stat()
        if descriptor >= 0, fstat(descriptor, &status) == 0, UInt64(status.st_ino) == parent.file {
            self.levels[self.levels.count - 1].descriptor = descriptor
            return
        }
        // Moved elsewhere. What lies above cannot be reached from here.
        if descriptor >= 0 { Glibc.close(descriptor) }
        self.isComplete = false
        for index in self.levels.indices { self.close(index) }
        self.levels = []
    }

    private mutating func close(_ index: Int) {
        if self.levels[index].descriptor >= 0 { Glibc.close(self.levels[index].descriptor) }
        self.levels[index].descriptor = -1
    }
}
