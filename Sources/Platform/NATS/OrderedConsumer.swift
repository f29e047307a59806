/// What the deliveries of one ordered consumer mean. Pure.
///
/// It is a consumer without acknowledgements. If one of its messages is missing, another consumer takes its place and
/// begins after the last message that arrived.
struct OrderedConsumer: Sendable {
    private let name: String
    private var next = 1
    /// The place of the last message in the stream; 0 before the first.
    private(set) var position: Int

    init(name: String, after position: Int) {
        self.name = name
        self.position = position
    }

    mutating func read(_ message: NATSMessage) -> PullConsumer.Outcome {
        if let status = message.status { return status == "100" ? .ignore : .broken }
        guard let place = Self.place(in: message.reply), place.consumer == self.name else { return .ignore }
        guard place.number == self.next else { return .broken }
        self.next += 1
        self.position = place.position
        return .deliver
    }

    /// `$JS.ACK.STREAM.CONSUMER.DELIVERIES.STREAM-SEQUENCE.CONSUMER-SEQUENCE.TIME.PENDING`; newer servers put a domain
    /// and an account before the stream.
    private static func place(in reply: String?) -> (consumer: String, position: Int, number: Int)? {
        guard let tokens = reply?.split(separator: "."), tokens.count >= 9, tokens[0] == "$JS", tokens[1] == "ACK"
        else { return nil }
        let first = tokens.count == 9 ? 2 : 4
        guard tokens.count > first + 4, let position = Int(tokens[first + 3]), let number = Int(tokens[first + 4])
        else { return nil }
        return (String(tokens[first + 1]), position, number)
    }
}
