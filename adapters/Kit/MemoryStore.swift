internal import Lifecycle

/// Keeps an adapter's memory between runs; the adapter defines the format of the bytes.
package struct MemoryStore: Sendable {
    /// The stored bytes, or nil.
    package var load: @Sendable () async -> [UInt8]?
    /// Replaces the stored bytes; false if that failed.
    package var save: @Sendable ([UInt8]) async -> Bool

    package init(load: @escaping @Sendable () async -> [UInt8]?, save: @escaping @Sendable ([UInt8]) async -> Bool) {
        self.load = load
        self.save = save
    }

    /// Stores nothing.
    package static let none = Self(load: { nil }, save: { _ in true })

    /// A file with mode 0600, since it may hold secrets. Replaced atomically: a crash leaves the old or new bytes.
    ///
    /// - Parameter isFlushed: Whether to wait for the disk. An adapter that saves often and can resume from an older
    ///   memory skips that; a power cut may then lose the last saves.
    package static func file(_ path: String, isFlushed: Bool = false) -> Self {
        Self(
            load: { PrivateFile.read(path, limit: Self.sizeLimit)?.bytes },
            save: { bytes in (try? PrivateFile.write(bytes, to: path, isFlushed: isFlushed)) != nil })
    }

    /// Bytes; far more than ten thousand rooms need.
    private static let sizeLimit = 16 << 20
}
