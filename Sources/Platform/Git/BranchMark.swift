internal import Glibc
internal import Primitives

/// The state of the files in which Git records a branch's commit. Equal marks mean that the branch has not moved.
///
/// Git replaces these files instead of writing into them, so a change has a new inode, size or time. Times are coarse,
/// so files that have just changed get no mark: a second change could look the same. How coarse they are shows in the
/// times themselves: on a file system with whole seconds, they have no fraction.
package struct BranchMark: Equatable, Sendable {
    /// One file; all zero if it does not exist.
    private struct File: Equatable {
        var inode: UInt64 = 0
        var size: Int64 = 0
        /// When the kernel last saw it change, in nanoseconds since 1970.
        var changed: Int64 = 0
    }

    /// The resolution of file times, in nanoseconds: the kernel's clock for files advances at least every 10 ms.
    private static let coarseness: Int64 = 50_000_000
    /// Some file systems store whole seconds only, some only every second one.
    private static let wholeSeconds: Int64 = 2_000_000_000

    private let files: [File]

    /// Nil if the files cannot be read in this way (`.git` is a file, as in a second work tree), or have changed since
    /// shortly before `moment`, in milliseconds since 1970.
    fileprivate init?(path: String, branch: String, unmovedSince moment: Int64) {
        let now = moment * 1_000_000
        var info = stat()
        guard let folder = Self.folder(of: path) else { return nil }
        var files: [File] = []
        for name in ["HEAD", "packed-refs", "refs/heads/" + branch] {
            guard unsafe stat(folder + "/" + name, &info) == 0 else {
                guard errno == ENOENT || errno == ENOTDIR else { return nil }
                files.append(File())
                continue
            }
            let changed = Int64(info.st_ctim.tv_sec) * 1_000_000_000 + Int64(info.st_ctim.tv_nsec)
            let coarseness = info.st_ctim.tv_nsec == 0 ? Self.wholeSeconds : Self.coarseness
            guard changed < now - coarseness else { return nil }
            files.append(File(inode: UInt64(info.st_ino), size: Int64(info.st_size), changed: changed))
        }
        // Without HEAD it is not a repository.
        guard files[0] != File() else { return nil }
        self.files = files
    }

    /// The folder that has the files; nil for a second work tree.
    fileprivate static func folder(of path: String) -> String? {
        var info = stat()
        let folder = path + "/.git"
        guard unsafe stat(folder, &info) == 0 else { return path }
        return info.st_mode & S_IFMT == S_IFDIR ? folder : nil
    }

    fileprivate static func folders(path: String, branch: String) -> Set<String>? {
        guard let top = self.folder(of: path) else { return nil }
        var info = stat()
        var folder = Substring("\(top)/refs/heads/\(branch)")
        repeat {
            folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
            if unsafe stat(String(folder), &info) == 0 { break }
        } while folder.utf8.count > top.utf8.count
        return [top, String(folder)]
    }
}

extension GitRepository {
    /// A mark of where `branch` is now; nil if none can be made, so that the branch has to be read. Looks at four files
    /// and waits for no other thread.
    ///
    /// - Parameter moment: In milliseconds since 1970: the mark is also one of where the branch was then.
    package nonisolated func mark(of branch: String, unmovedSince moment: Int64 = WallClock.now()) -> BranchMark? {
        BranchMark(path: self.path, branch: branch, unmovedSince: moment)
    }
    /// The folders in which a change of ``mark(of:unmovedSince:)`` shows; nil if there can be no mark. Git removes empty
    /// folders and makes them again, so the branch's may be one above it.
    package nonisolated func folders(of branch: String) -> Set<String>? {
        BranchMark.folders(path: self.path, branch: branch)
    }
}
