internal import EventLoop
internal import HTTP

extension HTTPConnection {
    /// Sends a response whose bytes are pulled from its source as room allows.
    func stream(
        _ exchange: Exchange, _ response: HTTPServerResponse, from source: any ResponseSource
    ) throws(HTTPServerError) {
        let framing: ResponseFraming
        do {
            framing = try ResponseFraming(
                response, length: nil, for: exchange.head, mayStay: self.mayStay(after: exchange))
        } catch {
            source.abandon()
            throw error
        }
        exchange.framing = framing
        self.output.append(framing.head(of: response, for: exchange.head, date: self.server.date.bytes))
        guard framing.body != .none else {
            source.abandon()
            return self.finishExchange(closing: framing.closes)
        }
        if case .length(let length) = framing.body { exchange.remaining = length }
        exchange.source = source
        source.onReady = { [weak self, weak exchange] in
            if let exchange { self?.pump(exchange) }
        }
        self.pump(exchange)
        if self.isPeerClosed { self.abort() }
    }

    /// Moves available bytes from the source to the client, up to the high-water mark.
    func pump(_ exchange: Exchange) {
        self.move(exchange)
        self.finishTurn()
        exchange.source?.hasSent()
    }

    /// Moves available bytes from the source to the output.
    private func move(_ exchange: Exchange) {
        exchange.isSourceHeld = false
        while self.isOpen, self.exchange === exchange, let source = exchange.source, let framing = exchange.framing {
            guard self.output.count < self.settings.highWater else {
                exchange.isSourceHeld = true
                break
            }
            do {
                switch source.next() {
                case .notYet: return
                case .bytes(let bytes): try self.append(bytes, for: exchange, framing)
                case .end:
                    exchange.source = nil
                    try self.finishStream(exchange, framing)
                case .broken(let error):
                    exchange.source = nil
                    throw error
                }
            } catch {
                self.answer(exchange, failure: error)
            }
        }
    }
}
