/// A folder as a scan found it: what the next scan compares with, so that it reads only what has changed.
final class ScannedFolder {
    struct File {
        let item: TreeItem
        let facts: FileFacts
        /// It changed so shortly before the scan that a later change may have left the same times.
        let isRacy: Bool
    }

    /// In the order of their names' bytes.
    var files: [File] = []
    var folders: [(name: [UInt8], folder: ScannedFolder)] = []
    /// Names of files that are there, but not recorded.
    var unrecorded: Set<[UInt8]> = []
    /// Nothing is known about what is in it.
    var isUnreadable = false
    /// The tree object; nil for a folder without files, which Git can't record.
    var key: ObjectKey?

    var items: [TreeItem] {
        self.files.map(\.item)
            + self.folders.compactMap { name, folder in
                folder.key.map { TreeItem(kind: .folder, name: name, key: $0) }
            }
    }
}
