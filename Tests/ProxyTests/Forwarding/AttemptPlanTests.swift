import HTTP
import TestSupport
import Testing

@testable import Proxy

@Suite("The order of attempts")
struct AttemptPlanTests {
    private static func form(_ api: ModelAPI?, _ paths: String...) throws -> AttemptPlan.Form {
        .init(
            api: api,
            target: UpstreamTarget(path: paths[0][...], query: nil, upstream: try HTTPURL("https://api.test")),
            urls: try paths.map { try HTTPURL("https://api.test\($0)") })
    }

    private static func attempts(
        _ plan: AttemptPlan, _ outcome: (AttemptPlan) -> AttemptPlan.Outcome
    ) -> [String] {
        var plan = plan
        var attempts: [String] = []
        repeat {
            attempts.append("\(plan.model ?? "-") \(plan.form.api?.rawValue ?? "-") \(plan.url.path)")
        } while plan.advance(after: outcome(plan))
        return attempts
    }

    private static func plan(models: [String?] = [nil]) throws -> AttemptPlan {
        AttemptPlan(
            models: models,
            forms: [try Self.form(nil, "/v1/messages", "/messages"), try Self.form(.chat, "/chat/completions")])
    }

    @Test("a missing path is looked for at the other URL, then in the other forms")
    func missing() throws {
        expectEqual(
            Self.attempts(try Self.plan()) { _ in .missing },
            ["- - /v1/messages", "- - /messages", "- chat /chat/completions"])
    }

    @Test("a model that is not there in one form is asked in the next")
    func unsupported() throws {
        expectEqual(
            Self.attempts(try Self.plan()) { $0.form.api == nil ? .unsupported : .answered },
            ["- - /v1/messages", "- chat /chat/completions"])
    }

    @Test("another model stands in for one that fails, from the first form on")
    func fallback() throws {
        expectEqual(
            Self.attempts(try Self.plan(models: [nil, "b", "c"])) { $0.model == "c" ? .answered : .failed },
            ["- - /v1/messages", "b - /v1/messages", "c - /v1/messages"])
        expectEqual(
            Self.attempts(try Self.plan(models: [nil, "b"])) { _ in .failed },
            [
                "- - /v1/messages", "b - /v1/messages",
            ])
    }

    @Test("a model that stands in and has no form gives way to the next; a missing first one does not")
    func missingFallback() throws {
        let attempts = Self.attempts(try Self.plan(models: [nil, "b", "c"])) { plan in
            plan.model == nil ? .failed : plan.model == "b" ? .unsupported : .answered
        }
        expectEqual(attempts, ["- - /v1/messages", "b - /v1/messages", "b chat /chat/completions", "c - /v1/messages"])
        #expect(Self.attempts(try Self.plan(models: [nil, "b"])) { _ in .missing }.allSatisfy { $0.hasPrefix("-") })
    }
}
