/// The objects whose keys begin with a prefix. Has one page of them in memory.
package struct ObjectListing: AsyncSequence, Sendable {
    package typealias Element = ObjectFacts

    fileprivate let store: any ObjectStore
    fileprivate let prefix: String

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

        fileprivate init(_ listing: ObjectListing) {
            self.listing = listing
        }

        package mutating func next() async throws -> ObjectFacts? {
            while self.page.isEmpty {
                if self.isComplete { return nil }
                let page = try await self.listing.store.page(below: self.listing.prefix, after: self.token)
                self.page = page.objects[...]
                self.token = page.next
                self.isComplete = page.next == nil
            }
            return self.page.removeFirst()
        }
    }
}
