internal import JSON
internal import Primitives

/// What tokens of a model cost, in dollars per million.
package struct Price: Sendable, Equatable {
    package var input: Double
    package var output: Double
    /// Nil for the price of ``input``.
    package var cached: Double?
    package var written: Double?
    /// For each request.
    package var request: Double

    package init(
        input: Double, output: Double, cached: Double? = nil, written: Double? = nil, request: Double = 0
    ) {
        self.input = input
        self.output = output
        self.cached = cached
        self.written = written
        self.request = request
    }

    package func cost(of tokens: TokenSums) -> Double {
        let plain = max(0, tokens.input - tokens.cached - tokens.written)
        let millionths =
            Double(plain) * self.input + Double(tokens.cached) * (self.cached ?? self.input)
            + Double(tokens.written) * (self.written ?? self.input) + Double(tokens.output) * self.output
        return millionths / 1_000_000 + Double(tokens.calls) * self.request
    }
}

/// The tokens of requests to one model. ``input`` has ``cached`` and ``written``.
package struct TokenSums: Sendable, Equatable {
    package var calls: Int64
    package var input: Int64
    package var cached: Int64
    package var written: Int64
    package var output: Int64

    package init(calls: Int64 = 0, input: Int64 = 0, cached: Int64 = 0, written: Int64 = 0, output: Int64 = 0) {
        self.calls = calls
        self.input = input
        self.cached = cached
        self.written = written
        self.output = output
    }
}

/// Prices by model and day: those of the configuration, else the built-in ones of `config/prices.json`.
package struct PriceTable: Sendable {
    private struct Entry {
        /// A moment, in milliseconds since 1970.
        let since: Int64
        let price: Price
    }

    package let currency: String
    private let own: [String: Price]
    /// By model, the newest price first.
    private let builtIn: [String: [Entry]]
    /// Moments at which any price begins, oldest first.
    package let changes: [Int64]

    /// - Parameter own: By model, without a date.
    package init(own: [String: Price] = [:]) {
        let files = PriceFiles.files
        // Embedded and tested: it can be read.
        let file = files.first.flatMap { try? JSON.parse($0.text) } ?? [:]
        self.init(own: own, file: file)
    }

    init(own: [String: Price], file: JSON) {
        self.own = own
        self.currency = file["currency"]?.stringValue ?? "USD"
        var entries: [String: [Entry]] = [:]
        for item in file["prices"]?.arrayValue ?? [] {
            guard let input = item["in"]?.doubleValue, let output = item["out"]?.doubleValue,
                let since = (item["since"]?.stringValue).flatMap({
                    CivilTime.milliseconds(rfc3339: "\($0)T00:00:00Z")
                })
            else { continue }
            let price = Price(
                input: input, output: output, cached: item["cached"]?.doubleValue,
                written: item["written"]?.doubleValue)
            for model in item["models"]?.arrayValue ?? [] {
                entries[model.stringValue ?? "", default: []].append(Entry(since: since, price: price))
            }
        }
        self.builtIn = entries.mapValues { $0.sorted { $0.since > $1.since } }
        self.changes = Set(entries.values.joined().map(\.since)).sorted()
    }

    /// The price of a model at a moment; nil if it is unknown.
    package func price(of model: String, at moment: Int64) -> Price? {
        let names = Self.names(of: model)
        if let price = names.lazy.compactMap({ self.own[$0] }).first { return price }
        return names.lazy.compactMap { self.builtIn[$0] }.first?.first { $0.since <= moment }?.price
    }

    /// A model's name, then without the parts before each slash, as in `work/openai/gpt-4.1`, then its base.
    private static func names(of model: String) -> [String] {
        let rests = model.utf8.indices.filter { model.utf8[$0] == UInt8(ascii: "/") }
            .compactMap { String(model.utf8[model.utf8.index(after: $0)...]) }
        return [model] + rests + [self.base(of: model)]
    }

    /// A model's name without a date at its end and without what precedes it: `gpt-4.1-2025-04-14`, `openai/gpt-4.1`.
    private static func base(of model: String) -> String {
        let name = model.split(separator: "/").last ?? ""
        var parts = name.split(separator: "-", omittingEmptySubsequences: false)
        let isNumber: (Substring) -> Bool = { $0.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }
        if let last = parts.last, last.utf8.count == 8, isNumber(last) {
            parts.removeLast()
        } else if parts.count > 3, parts.suffix(3).map(\.utf8.count) == [4, 2, 2], parts.suffix(3).allSatisfy(isNumber)
        {
            parts.removeLast(3)
        }
        return parts.joined(separator: "-")
    }
}

extension PriceTable: CustomStringConvertible {
    /// Only what the configuration says.
    package var description: String {
        let prices = self.own.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return "PriceTable(\(prices.joined(separator: ", ")))"
    }
}
