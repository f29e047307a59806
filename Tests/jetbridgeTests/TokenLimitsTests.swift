import TestSupport
import Testing

@testable import Host
@testable import jetbridge

@Suite("Limits of tokens")
struct TokenLimitsTests {
    /// 2026-11-22T12:00:00Z.
    private static let now: Int64 = 1_795_348_800_000

    private func limits(
        expires: String? = nil, models: String? = nil, tokens: String? = nil, scopes: [String] = ["proxy"]
    ) throws(TokenLimits.Invalid) -> TokenLimits {
        try TokenLimits(expires: expires, models: models, tokensPerDay: tokens, scopes: scopes, at: Self.now)
    }

    @Test(
        "an expiry is a duration or a time",
        arguments: [
            ("12h", 43_200_000), ("30d", 2_592_000_000), ("1h30m", 5_400_000), ("1ms", 1),
            ("2026-11-22T12:00:01Z", 1_000), ("2026-11-22T12:00:00.500Z", 500), ("2026-11-22t12:00:01z", 1_000),
            ("2026-11-22T14:00:01+02:00", 1_000), ("2026-11-22T06:30:01-05:30", 1_000),
            ("2027-11-22T12:00:00Z", 365 * 86_400_000),
        ] as [(String, Int64)])
    func expiry(_ text: String, after: Int64) throws {
        try expectEqual(self.limits(expires: text, scopes: ["read"]).expiresAt, Self.now + after)
    }

    @Test(
        "an invalid expiry is refused with the reason",
        arguments: [
            ("0s", "out of range"), ("36526d", "out of range"), ("999999999d", "out of range"),
            ("tomorrow", "is not a duration"), ("30", "is not a duration"), ("-1d", "is not a duration"),
            ("2026-11-22", "is not a duration"), ("2027-02-30T00:00:00Z", "is not a duration"),
            ("2027-01-01T00:00:00", "is not a duration"), ("2027-01-01T00:00:00+2:00", "is not a duration"),
            ("2027-01-01T00:00:00+24:00", "is not a duration"), ("2026-11-22T12:00:00Z", "is in the past"),
            ("2020-01-01T00:00:00Z", "is in the past"), ("2026-11-22T12:30:00+01:00", "is in the past"),
        ])
    func wrongExpiry(_ text: String, reason: String) {
        let error = #expect(throws: TokenLimits.Invalid.self) { try self.limits(expires: text) }
        expectEqual(error?.message.contains(reason), true, "\(error?.message ?? "")")
    }

    @Test("models are names separated by commas, each once")
    func models() throws {
        try expectEqual(self.limits(models: "gpt-4.1").models, ["gpt-4.1"])
        try expectEqual(self.limits(models: " b , a,b,org/c").models, ["b", "a", "org/c"])
        for text in [",", " ", "a,", ",a", "a,,b", "a b", "a,\u{E9}", "a\u{7}"] {
            #expect(throws: TokenLimits.Invalid.self, "\(text)") { try self.limits(models: text) }
        }
    }

    @Test("tokens a day are a number above zero")
    func tokens() throws {
        try expectEqual(self.limits(tokens: "1").tokensPerDay, 1)
        try expectEqual(self.limits(tokens: "1000000000000").tokensPerDay, 1_000_000_000_000)
        for text in ["0", "00", "-1", "+1", "1.5", "1e6", "1_000", "ten", "1000000000001", "99999999999999999999"] {
            #expect(throws: TokenLimits.Invalid.self, "\(text)") { try self.limits(tokens: text) }
        }
    }

    @Test("limits of the proxy need its scope")
    func scope() throws {
        for scopes in [["chat"], ["admin"], ["read", "chat"]] {
            for (models, tokens) in [("a", nil), (nil, "1")] as [(String?, String?)] {
                let error = #expect(throws: TokenLimits.Invalid.self) {
                    try self.limits(models: models, tokens: tokens, scopes: scopes)
                }
                expectEqual(error?.message.contains("--scope proxy"), true)
            }
            try expectEqual(self.limits(scopes: scopes), TokenLimits())
        }
        try expectEqual(self.limits(models: "a", scopes: ["chat", "proxy"]).models, ["a"])
    }
}
