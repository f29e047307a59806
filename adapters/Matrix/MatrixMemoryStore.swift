/// Keeps an adapter's ``MatrixMemory`` between runs; `none` forgets.
package struct MatrixMemoryStore: Sendable {
    /// What was kept, or nil.
    package var load: @Sendable () async -> [UInt8]?
    /// Keeps it; false when that failed.
    package var save: @Sendable ([UInt8]) async -> Bool

    package init(
        load: @escaping @Sendable () async -> [UInt8]?, save: @escaping @Sendable ([UInt8]) async -> Bool
    ) {
        self.load = load
        self.save = save
    }

    package static let none = Self(load: { nil }, save: { _ in true })
}
