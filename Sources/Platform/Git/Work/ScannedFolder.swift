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
    /// Those of them that are folders nested too deep.
    var tooDeep: [[UInt8]] = []
    /// Nothing is known about what is in it.
    var isUnreadable = false
    /// The tree object; nil for a folder without files, which Git can't record.
    var key: ObjectKey?

    /// Whether a folder in it has no file, which the tree object does not show.
    private(set) lazy var hasEmptyFolders: Bool = self.folders.contains { $1.key == nil || $1.hasEmptyFolders }

    private var knownUsage: (count: Int, bytes: Int)?

    /// The files and folders in it, and the files' bytes. Without closures: the optimiser of Swift 6.3 crashes on one that
    /// calls itself by way of this property.
    var usage: (count: Int, bytes: Int) {
        if let known = self.knownUsage { return known }
        var usage = (count: self.files.count + self.folders.count, bytes: 0)
        for file in self.files { usage.bytes += Int(file.facts.size) }
        for (_, folder) in self.folders {
            let inner = folder.usage
            usage.count += inner.count
            usage.bytes += inner.bytes
        }
        self.knownUsage = usage
        return usage
    }

    /// Calls `body` with the path of each folder that has neither files nor folders, until it returns false.
    func forEachEmpty(below path: [UInt8] = [], _ body: ([UInt8], ScannedFolder) -> Bool) -> Bool {
        for (name, folder) in self.folders where folder.key == nil || folder.hasEmptyFolders {
            let place = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            let isLast = folder.files.isEmpty && folder.folders.isEmpty
            guard isLast ? body(place, folder) : folder.forEachEmpty(below: place, body) else { return false }
        }
        return true
    }

    var items: [TreeItem] {
        self.files.map(\.item)
            + self.folders.compactMap { name, folder in
                folder.key.map { TreeItem(kind: .folder, name: name, key: $0) }
            }
    }
}
