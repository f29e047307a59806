internal import Crypto
internal import EventLoop
internal import Git
internal import Lifecycle
internal import Objects

/// Reads a workspace's bundles from the object store into a repository of their own, as far as they can be used.
struct BundleReader {
    /// What was read.
    struct Snapshots {
        /// The last bundle that was read; its snapshot is the newest.
        let last: WorkspaceBundle
        /// All commits by their references.
        let references: [String: GitObjectID]
    }

    /// One bundle cannot be used.
    private struct Damage: Error {
        let reason: String
    }

    let objects: any ObjectStore
    /// A repository that can also read the objects of the workspace and of its repository.
    let path: String

    /// Reads the newest bundles that can be used, from a full one on; nil if none can be. The problem says why newer ones
    /// were not used.
    ///
    /// - Parameter bundles: Oldest first.
    func read(_ bundles: [WorkspaceBundle]) async throws -> (snapshots: Snapshots?, problem: String?) {
        var problem: String?
        var rest = bundles[...]
        while let start = rest.lastIndex(where: \.isFull) {
            var last: WorkspaceBundle?
            var references: [String: GitObjectID] = [:]
            for bundle in rest[start...] {
                do {
                    for (name, id) in try await self.read(bundle) { references[name] = id }
                    last = bundle
                } catch let damage as Damage {
                    problem = damage.reason
                    break
                }
            }
            if let last { return (Snapshots(last: last, references: references), problem) }
            rest = rest[..<start]
        }
        return (nil, problem)
    }

    private func read(_ bundle: WorkspaceBundle) async throws -> [(name: String, id: GitObjectID)] {
        let place = self.objects.place(of: bundle.key)
        guard let bytes = try await self.objects.get(bundle.key) else { throw Damage(reason: "\(place) is missing") }
        let draft = "\(self.path)/bundle"
        do {
            let (size, digest) = try await bytes.save(to: draft)
            guard size == bundle.size, hex(digest) == bundle.digest else {
                throw Damage(reason: "\(place) is damaged: it has other bytes than were stored")
            }
            let references = try await GitBundle(store: self.path).read(draft)
            try PrivateFile.remove(draft)
            return references
        } catch let error as GitError where [.corrupt, .notFound].contains(error.code) {
            throw Damage(reason: "\(place) cannot be used: \(error.message)")
        } catch let error as ObjectStoreError where error.code == .damaged {
            throw Damage(reason: error.message)
        }
    }
}
