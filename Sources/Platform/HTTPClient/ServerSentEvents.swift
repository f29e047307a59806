/// The events of a response body; see ``ServerSentEventParser``.
package struct ServerSentEvents: AsyncSequence, Sendable {
    package typealias Element = ServerSentEvent

    fileprivate let body: HTTPResponseBody
    fileprivate let limit: Int

    package func makeAsyncIterator() -> Iterator {
        Iterator(bytes: self.body.makeAsyncIterator(), parser: ServerSentEventParser(maximumEventBytes: self.limit))
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var bytes: HTTPResponseBody.Iterator
        fileprivate var parser: ServerSentEventParser
        /// In reverse, so that the next one is taken off the end.
        private var waiting: [ServerSentEvent] = []

        fileprivate init(bytes: HTTPResponseBody.Iterator, parser: ServerSentEventParser) {
            self.bytes = bytes
            self.parser = parser
        }

        package mutating func next() async throws -> ServerSentEvent? {
            while true {
                if let event = self.waiting.popLast() { return event }
                guard let bytes = try await self.bytes.next() else { return nil }
                self.waiting = try self.parser.parse(bytes).reversed()
            }
        }
    }
}

extension HTTPResponseBody {
    /// The body read as an event stream. Throws ``ServerSentEventParser/TooLong`` for an event over the limit.
    package func serverSentEvents(maximumEventBytes limit: Int = 1024 * 1024) -> ServerSentEvents {
        ServerSentEvents(body: self, limit: limit)
    }
}
