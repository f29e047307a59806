import JSON
import Primitives
import Testing

@testable import Analytics

@Suite("Prices, sums and tables")
struct PriceTests {
    private func moment(_ text: String) throws -> Int64 { try #require(CivilTime.milliseconds(rfc3339: text)) }

    @Test("the price of the day counts, and an unknown model has none")
    func dates() throws {
        let table = PriceTable(
            own: ["own": Price(input: 1, output: 1)],
            file: [
                "currency": "USD",
                "prices": [
                    ["models": ["m"], "since": "2026-01-01", "in": 2, "out": 8, "cached": 0.5, "source": "here"],
                    ["models": ["m", "n"], "since": "2026-06-01", "in": 1, "out": 4, "source": "here"],
                ],
            ])
        #expect(table.price(of: "m", at: try self.moment("2025-12-31T23:59:59Z")) == nil)
        #expect(table.price(of: "m", at: try self.moment("2026-05-31T23:59:59Z"))?.input == 2)
        #expect(table.price(of: "m", at: try self.moment("2026-06-01T00:00:00Z"))?.input == 1)
        #expect(table.price(of: "m-2026-06-01", at: try self.moment("2026-07-01T00:00:00Z"))?.input == 1)
        #expect(table.price(of: "openai/m-20260601", at: try self.moment("2026-07-01T00:00:00Z"))?.input == 1)
        #expect(table.price(of: "own", at: 0)?.input == 1)
        #expect(table.price(of: "work/own", at: 0)?.input == 1)
        #expect(table.price(of: "work/openai/m-20260601", at: try self.moment("2026-07-01T00:00:00Z"))?.input == 1)
        #expect(table.price(of: "unknown", at: .max) == nil)
        #expect(table.changes.count == 2)
    }

    @Test("of several own prices, the one of the whole name counts")
    func whole() {
        let own = [
            "work/lab/m": Price(input: 1, output: 1), "lab/m": Price(input: 2, output: 1),
            "m": Price(input: 3, output: 1),
        ]
        let table = PriceTable(own: own, file: [:])
        let names = ["work/lab/m", "local/lab/m", "local/m", "m-20260601", "lab/m/x"]
        #expect(names.map { table.price(of: $0, at: 0)?.input } == [1, 2, 3, 3, nil])
    }

    @Test("every built-in price has a date and a source, and nothing is free")
    func builtIn() throws {
        let file = try JSON.parse(try #require(PriceFiles.files.first).text)
        let prices = try #require(file["prices"]?.arrayValue)
        #expect(prices.count > 30)
        for price in prices {
            #expect(price["source"]?.stringValue?.hasPrefix("https://") == true)
            #expect(CivilTime.milliseconds(rfc3339: "\(price["since"]?.stringValue ?? "")T00:00:00Z") != nil)
            #expect((price["in"]?.doubleValue ?? 0) > 0 && (price["out"]?.doubleValue ?? 0) > 0)
            #expect(price["models"]?.arrayValue?.isEmpty == false)
        }
        let now = try self.moment("2026-11-26T00:00:00Z")
        let price = try #require(PriceTable().price(of: "gpt-4.1-2025-04-14", at: now))
        #expect(price == Price(input: 2, output: 8, cached: 0.5))
        #expect(PriceTable().price(of: "claude-sonnet-4-6", at: now)?.written == 3.75)
        #expect(PriceTable().price(of: "rehearsal", at: now) == nil)
    }

    @Test("cached, written and requests have prices of their own")
    func cost() {
        let price = Price(input: 2, output: 8, cached: 0.5, written: 2.5, request: 0.01)
        let tokens = TokenSums(calls: 2, input: 1_000_000, cached: 400_000, written: 100_000, output: 500_000)
        #expect(abs(price.cost(of: tokens) - (1.0 + 0.2 + 0.25 + 4 + 0.02)) < 1e-9)
        #expect(Price(input: 2, output: 8).cost(of: TokenSums(input: 1_000_000, cached: 1_000_000)) == 2)
    }

    @Test("a sum is unknown if no price of it is known, and says what it lacks")
    func unknown() {
        var known = UsageSums(), unknown = UsageSums(), nothing = UsageSums()
        known.tokens = TokenSums(calls: 1, input: 1_000_000)
        known.price(by: Price(input: 2, output: 8))
        unknown.tokens = TokenSums(calls: 1, input: 10, output: 5)
        unknown.price(by: nil)
        nothing.price(by: nil)
        #expect(known.estimate == 2)
        #expect(unknown.estimate == nil)
        #expect(nothing.estimate == 0)
        known.add(unknown)
        #expect(known.estimate == 2)
        #expect(known.unpriced == 15)
    }

    @Test("percentiles of letters are exact to 6 %, and letters of several sums are joined")
    func percentiles() throws {
        var counts = LatencyScale.Counts()
        for milliseconds in stride(from: Int64(100), through: 10_000, by: 100) {
            counts.add(LatencyScale.Counts(LatencyScale.letter(for: milliseconds)))
        }
        let (middle, slow) = (try #require(counts.percentile(0.5)), try #require(counts.percentile(0.95)))
        #expect(abs(middle / 5 - 1) <= 0.07)
        #expect(abs(slow / 9.5 - 1) <= 0.07)
        #expect(LatencyScale.Counts().percentile(0.5) == nil)
        let letters = [0, 1, 9, 10, 300_000, Int64.max].map { LatencyScale.letter(for: $0) }
        #expect(letters.allSatisfy { $0.utf8.count == 1 && $0.utf8.first.map { 33...125 ~= $0 } == true })
    }

    @Test("a table as CSV has quotes where they are needed, no formulas, and nothing for what is unknown")
    func csv() throws {
        let query = AnalyticsQuery(0..<1, by: [.user, .model])
        var table = AnalyticsTable(query, currency: "USD")
        var sums = UsageSums()
        (sums.turns, sums.tokens, sums.milliseconds) = (2, TokenSums(calls: 1, input: 10, cached: 4, output: 5), 1_500)
        sums.price(by: Price(input: 2, output: 8))
        table.add(sums, to: ["a \"b\", c", "m"])
        sums = UsageSums()
        sums.tokens = TokenSums(calls: 1, input: 1)
        sums.price(by: nil)
        table.add(sums, to: ["=1+1", "n"])
        table.sort()
        #expect(
            table.csv == """
                user,model,turns,failed,stopped,tokens_in,tokens_out,tokens_cached,cost,currency,first_token_p50,\
                first_token_p95,seconds,tool_calls,commands,commits,tasks_done,tokens_unpriced,turn_p50,turn_p95,\
                thumbs_up,thumbs_down\r
                '=1+1,n,0,0,0,1,0,0,,USD,,,0.0,0,0,0,0,1,,,0,0\r
                "a ""b"", c",m,2,0,0,10,5,4,0.000060,USD,,,1.5,0,0,0,0,0,,,0,0\r

                """)
    }

    @Test(
        "amounts in words",
        arguments: [(0, "$0.00"), (0.00421, "$0.0042"), (1.256, "$1.26"), (1234.5, "$1234.50"), (0.00001, "$0.0000")])
    func money(amount: Double, words: String) { #expect(Money.words(amount, "USD") == words) }

    @Test("a query's words")
    func query() throws {
        let now = try self.moment("2026-11-26T12:00:00Z")
        let query = try AnalyticsQuery(
            from: "2026-11-01", to: "2026-11-26T10:00:00Z", by: "day,model", zone: "Europe/Berlin", now: now)
        #expect(CivilTime(milliseconds: query.range.lowerBound).rfc3339Seconds == "2026-10-31T23:00:00Z")
        #expect(CivilTime(milliseconds: query.range.upperBound).rfc3339Seconds == "2026-11-26T10:00:00Z")
        #expect(query.keys == [.day, .model])
        let usual = try AnalyticsQuery(from: nil, to: nil, by: nil, zone: nil, now: now)
        #expect(CivilTime(milliseconds: usual.range.lowerBound).rfc3339Seconds == "2026-10-28T00:00:00Z")
        #expect(CivilTime(milliseconds: usual.range.upperBound).rfc3339Seconds == "2026-11-27T00:00:00Z")
        for (parameter, from, to, by, zone) in [
            ("from", "yesterday", nil, nil, nil), ("to", nil, "2026-13-01", nil, nil), ("by", nil, nil, "week", nil),
            ("by", nil, nil, "day,model,user", nil), ("zone", nil, nil, nil, "Nowhere"),
            ("from", "2026-11-27", "2026-11-26", nil, nil), ("from", "2026-01-01", "2026-11-26", "hour", nil),
        ] as [(String, String?, String?, String?, String?)] {
            #expect {
                try AnalyticsQuery(from: from, to: to, by: by, zone: zone, now: now)
            } throws: {
                ($0 as? AnalyticsQuery.Problem)?.parameter == parameter
            }
        }
    }
}
