import HTTP
import Models
import Primitives
import TestSupport
import Testing

@testable import Copilot

@Suite("Sign-in: the device flow", .timeLimit(.minutes(1)))
struct DeviceFlowTests {
    private static let code = DeviceCode(
        deviceCode: Secret("dddd"), userCode: "ABCD-1234", verificationURL: "https://github.com/login/device",
        expiresIn: .seconds(60), interval: .seconds(5))
    private static let poll = DeviceFlow.Action.poll(deviceCode: Secret("dddd"))
    private static let pending = DeviceFlow.Input.refused("authorization_pending", interval: nil)

    /// A flow that showed its code at second 0.
    private func shown() -> DeviceFlow {
        var flow = DeviceFlow()
        expectEqual(flow.handle(.begin, at: .zero), [.requestCode])
        expectEqual(flow.handle(.code(Self.code), at: .zero), [.show(Self.code), .wait(.seconds(6))])
        return flow
    }

    @Test("the first poll comes after an interval, and the grant ends the flow")
    func granted() {
        var flow = self.shown()
        expectEqual(flow.handle(.timer, at: .seconds(6)), [Self.poll])
        expectEqual(flow.handle(Self.pending, at: .seconds(6)), [.wait(.seconds(6))])
        expectEqual(flow.handle(.timer, at: .seconds(12)), [Self.poll])
        let grant = DeviceGrant(token: Secret("gho_x"))
        expectEqual(flow.handle(.granted(grant), at: .seconds(12)), [.finish(grant)])
        expectEqual(flow.handle(.granted(grant), at: .seconds(13)), [])
    }

    @Test("a slower pace applies to the rest of the flow: the response's interval, else five seconds more")
    func slowDown() {
        var flow = self.shown()
        _ = flow.handle(.timer, at: .seconds(6))
        expectEqual(flow.handle(.refused("slow_down", interval: .seconds(10)), at: .seconds(6)), [.wait(.seconds(11))])
        _ = flow.handle(.timer, at: .seconds(17))
        expectEqual(flow.handle(.refused("slow_down", interval: nil), at: .seconds(17)), [.wait(.seconds(16))])
        _ = flow.handle(.timer, at: .seconds(33))
        expectEqual(flow.handle(Self.pending, at: .seconds(33)), [.wait(.seconds(16))])
    }

    @Test("network failures do not end the flow, but the code's expiry does")
    func networkAndExpiry() {
        var flow = self.shown()
        for second in stride(from: 6, through: 54, by: 6) {
            expectEqual(flow.handle(.timer, at: .seconds(second)), [Self.poll])
            expectEqual(flow.handle(.failed("no route"), at: .seconds(second)), [.wait(.seconds(6))])
        }
        guard case .fail(let error)? = flow.handle(.timer, at: .seconds(60)).first else {
            Issue.record("the flow did not end")
            return
        }
        #expect(error.code == .timedOut && error.message.contains("jetbridge login"))
    }

    @Test("the last wait ends when the code expires")
    func lastWait() {
        var flow = self.shown()
        _ = flow.handle(.timer, at: .seconds(58))
        expectEqual(flow.handle(Self.pending, at: .seconds(58)), [.wait(.seconds(2))])
    }

    @Test(
        "an error that ends the flow says what to do",
        arguments: [
            ("access_denied", "was denied"), ("expired_token", "expired before it was entered"),
            ("device_flow_disabled", "disabled"), ("incorrect_client_credentials", "copilot.client_id"),
            ("incorrect_device_code", "run 'jetbridge login' again"), ("unsupported_grant_type", "copilot.client_id"),
        ])
    func refusals(_ error: String, words: String) {
        var flow = self.shown()
        _ = flow.handle(.timer, at: .seconds(6))
        guard case .fail(let failure)? = flow.handle(.refused(error, interval: nil), at: .seconds(6)).first else {
            Issue.record("the flow did not end")
            return
        }
        #expect(failure.message.contains(words))
    }

    @Test("a code is requested three times")
    func noCode() {
        var flow = DeviceFlow()
        _ = flow.handle(.begin, at: .zero)
        expectEqual(flow.handle(.failed("no route"), at: .zero), [.wait(.seconds(1))])
        expectEqual(flow.handle(.timer, at: .seconds(1)), [.requestCode])
        expectEqual(flow.handle(.failed("no route"), at: .seconds(1)), [.wait(.seconds(2))])
        expectEqual(flow.handle(.timer, at: .seconds(3)), [.requestCode])
        guard case .fail(let error)? = flow.handle(.failed("no route"), at: .seconds(3)).first else {
            Issue.record("the flow did not end")
            return
        }
        #expect(error.code == .unreachable && error.message.contains("no route"))
    }

    @Test(
        "responses are understood, in JSON or as a form",
        arguments: [
            (
                200, #"{"error":"slow_down","interval":10}"#,
                DeviceFlow.Input.refused("slow_down", interval: .seconds(10))
            ),
            (200, "error=authorization_pending&error_uri=x", .refused("authorization_pending", interval: nil)),
            (200, #"{"access_token":"gho_x","token_type":"bearer"}"#, .granted(DeviceGrant(token: Secret("gho_x")))),
            (404, #"{"error":"Not Found"}"#, .refused("not_found", interval: nil)),
            (502, "<html>", .failed("status 502")), (429, "{}", .failed("status 429")),
            (200, "<html>", .failed("an unexpected response")),
            (
                200, #"{"device_code":"d","user_code":"\u001b[2J","verification_uri":"https://x"}"#,
                .failed("an unexpected response")
            ),
        ])
    func answers(status: Int, body: String, input: DeviceFlow.Input) {
        expectEqual(DeviceEndpoints.input(status: status, body: Array(body.utf8)), input)
    }

    @Test("under GitHub's rules the flow gets its token without a slow_down")
    func wholeFlow() async throws {
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        let accounts = try Accounts(signIn: nil)
        let signIn = DeviceSignIn(
            try accounts.settings(), clientID: "client", transport: github.transport, clock: ModelClock(time.clock)
        ) { code in
            #expect(code.userCode == "ABCD-1001" && code.interval == .seconds(5))
        }
        async let grant = signIn()
        for poll in 1...4 {
            await time.clock.sleepers(1)
            if poll == 4 { github.approve("ABCD-1001") }
            time.clock.advance(by: .seconds(6))
        }
        #expect(try await grant.token.reveal().hasPrefix("gho_"))
        expectEqual(github.count(.accessToken), 4)
    }

    @Test("the stand-in penalises early polls")
    func haste() async throws {
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        let endpoints = DeviceEndpoints(settings: try Accounts(signIn: nil).settings(), transport: github.transport)
        guard case .code(let code) = try await endpoints.requestCode(clientID: "client") else {
            Issue.record("no code")
            return
        }
        time.clock.advance(by: .seconds(2))
        try await expectEqual(
            endpoints.poll(code.deviceCode, clientID: "client"), .refused("slow_down", interval: .seconds(10)))
        time.clock.advance(by: .seconds(10))
        try await expectEqual(
            endpoints.poll(code.deviceCode, clientID: "client"), .refused("authorization_pending", interval: nil))
        github.deny(code.userCode)
        time.clock.advance(by: .seconds(10))
        try await expectEqual(
            endpoints.poll(code.deviceCode, clientID: "client"), .refused("access_denied", interval: nil))
    }
}
