internal import EventLoop
internal import Lifecycle

/// Watches a folder, or its nearest existing parent until it exists.
@Net
final class FolderWatch {
    private let path: String
    private let onChange: @Sendable () -> Void
    private var watcher: FileWatcher?
    private var watched = ""
    private var isCancelled = false

    nonisolated init(_ path: String, onChange: @escaping @Sendable () -> Void) {
        self.path = path
        self.onChange = onChange
    }

    func start() {
        guard !self.isCancelled else { return }
        // A folder made between the failed try and its parent's watch is reported by neither, so look again; but not
        // for ever, because a folder that may not be read fails each time.
        for _ in 0..<3 {
            self.watchNearest()
            guard self.watcher != nil, self.watched != self.path else { return }
            guard PrivateFile.isFolder("\(self.watched)/\(self.step(from: self.watched))") else { return }
        }
    }

    private func watchNearest() {
        self.watcher?.cancel()
        self.watcher = nil
        var folder = self.path
        while !folder.isEmpty {
            // Weak: the watch must not keep itself alive.
            if let watcher = try? FileWatcher(folder: folder, handler: { [weak self] in self?.handle($0) }) {
                self.watcher = watcher
                self.watched = folder
                return
            }
            folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        }
    }

    /// The name in `folder` that leads to the watched one.
    private func step(from folder: String) -> String {
        String(self.path.dropFirst(folder.count + 1).prefix { $0 != "/" })
    }

    func cancel() {
        self.isCancelled = true
        self.watcher?.cancel()
        self.watcher = nil
    }

    private func handle(_ change: FileWatcher.Change) {
        guard self.watched == self.path else {
            // A parent folder: only a step towards the watched folder matters.
            let before = self.watched
            if case .names(let names) = change, !names.contains(self.step(from: before)) { return }
            self.start()
            if self.watched != before { self.onChange() }
            return
        }
        switch change {
        case .names(let names):
            // Drafts will be renamed, which is another change.
            if names.contains(where: { !$0.hasSuffix(".new") }) { self.onChange() }
        case .unknown:
            self.onChange()
        case .ended:
            self.start()
            self.onChange()
        }
    }
}
