/// The objects whose keys begin with a prefix. Has one page of them in memory.
package struct ObjectListing: AsyncSequence, Sendable {
    package typealias Element = ObjectFacts

    fileprivate let store: any ObjectStore
    fileprivate let prefix: String

    /// The most that all pages together may weigh: about eight million objects, which callers may keep in memory.
    static let limit = 1 << 30

    init(store: any ObjectStore, prefix: String) {
        self.store = store
        self.prefix = prefix
    }

    package func makeAsyncIterator() -> Iterator { Iterator(self) }

    package struct Iterator: AsyncIteratorProtocol {
        private let listing: ObjectListing
        private var page: ArraySlice<ObjectFacts> = []
        private var token: String?
        private var isComplete = false
        private var weight = 0
        private var size = 0

        fileprivate init(_ listing: ObjectListing) {
            self.listing = listing
        }

        package mutating func next() async throws -> ObjectFacts? {
            while self.page.isEmpty {
                if self.isComplete { return nil }
                let page = try await self.listing.store.page(below: self.listing.prefix, after: self.token)
                self.weight += page.weight
                self.size += page.objects.reduce(0) { $0 + $1.size }
                // Callers add up sizes without checking for overflow.
                guard self.weight <= ObjectListing.limit, self.size <= ObjectFacts.largest else {
                    throw ObjectStoreError(
                        .refused,
                        "\(self.listing.store.name) lists more below '\(self.listing.prefix)' than can be read: the limit "
                            + "is 1 GiB of keys and 1 PiB of objects. Delete what Jetbridge did not store there.")
                }
                self.page = page.objects[...]
                self.token = page.next
                self.isComplete = page.next == nil
            }
            return self.page.removeFirst()
        }
    }
}
