internal import Chat
internal import HTTP
internal import HTTPServer
internal import Posts
internal import Primitives
internal import Schedules
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// What somebody has scheduled, in all their threads.
struct ScheduleRoutes: Sendable {
    let context: GatewayContext

    private static let unknown = APIRoute.Answer.notFound("No such schedule of yours.")

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/schedules", "listSchedules",
            "What you have scheduled in all your threads: the next first, then what waits for an event.",
            .reading(from: .guest), answerMemory: APIRoute.pageMemory, success: (.ok, "All of them.")
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .post, "/api/v1/schedules", "createSchedule",
            "Schedules a text in a thread of the web chat, as the commands `remind`, `every` and `on` do.", .writing,
            body: API.NewSchedule.self, bodyLimit: 64 << 10, success: (.created, "The schedule."),
            [.notFound("No such thread.")]
        ) { try await Self(context: $0).create($1) },
        APIRoute(
            .patch, "/api/v1/schedules/{id}", "changeSchedule",
            "Changes when it runs, its text or its zone; what the body leaves out stays as it is.", .writing,
            body: API.ScheduleChange.self, bodyLimit: 64 << 10, success: (.ok, "The changed schedule."),
            [Self.unknown, .conflict("It has just run: read it again.")]
        ) { try await Self(context: $0).change($1) },
        APIRoute(
            .delete, "/api/v1/schedules/{id}", "cancelSchedule", "Cancels a schedule.", .writing,
            answers: [.empty("It is cancelled."), Self.unknown]
        ) { try await Self(context: $0).cancel($1) },
    ]

    private func list(_ call: PlainCall) async throws -> API.List<API.Schedule> {
        let person = try call.person().identity
        return API.List(
            items: try await self.context.store.read { ledger in
                try ledger.schedules(of: person).map { try API.Schedule($0, in: ledger) }
            })
    }

    private func create(_ call: APICall<API.Nothing, API.NewSchedule>) async throws -> API.Schedule {
        let (principal, body, now) = (try call.person(), call.body, self.context.now())
        let session = try await self.context.session(body.threadID, for: principal, to: .join, naming: "thread")
        guard session.key.adapter == WebAdapter.adapterID else {
            throw HTTPProblem(
                HTTPStatus(422),
                "This conversation is on \(session.key.adapter): schedule it there, with `remind` or `every`.")
        }
        let zone = try await self.zone(body.zone, of: principal)
        let usual = self.context.environment.settings.repositories.first
        let created = try await self.solved {
            let reading = try ScheduleReader(now: now, zone: zone).rule(body.schedule).saying(body.text)
            let kind = body.kind ?? (reading.rule == .once ? .remind : .turn)
            if kind == .turn, principal.role < CommandName.every.role {
                throw HTTPProblem(.forbidden, "Only members schedule questions; guests can set reminders.")
            }
            let wish = ScheduleWish(
                kind: kind, reading: reading, sender: principal.sender, route: session.route, isDirect: true,
                sign: CommandSign(WebAdapter.sign), repository: session.repository ?? usual, now: now)
            return try await self.context.store.write(beside: Place(of: session.key)) { ledger in
                try API.Schedule(wish.write(to: ledger, in: session), in: ledger)
            }
        }
        await self.context.bridge.posts.schedules.wakeAll()
        return created
    }

    private func change(_ call: APICall<API.Nothing, API.ScheduleChange>) async throws -> API.Schedule {
        let (principal, id, body, now) = (try call.person(), call.id, call.body, self.context.now())
        var schedule = try await self.own(id, of: principal)
        let before = schedule.nextAt
        if case .keep = body.zone {
        } else {
            let name: String? = if case .set(let name) = body.zone { name } else { nil }
            schedule.zone = try await self.zone(name, of: principal)
        }
        let changed = schedule
        let stored = try await self.solved {
            var schedule = changed
            let reader = ScheduleReader(now: now, zone: schedule.zone)
            if case .set(let text) = body.text {
                try ScheduleWish.check(text, sign: CommandSign(WebAdapter.sign))
                schedule.message = schedule.message.reading(text)
            }
            var reading: ScheduleReader.Reading?
            if case .set(let words) = body.schedule {
                reading = try reader.rule(words)
            } else if schedule.rule != .once, schedule.rule.event == nil {
                reading = try reader.rule(schedule.rule.text)
            }
            if let reading, reading.rule.event != schedule.rule.event, reading.rule.event != nil {
                throw HTTPProblem(
                    HTTPStatus(422), "A schedule cannot become one of an event: make a new one and cancel this one.")
            }
            return try await self.context.store.write { [schedule, reading] ledger in
                var schedule = schedule
                if let reading {
                    schedule.rule = reading.rule
                    schedule.zone = reading.zone
                    schedule.nextAt = reading.next
                }
                guard try ledger.change(schedule, from: before) else {
                    throw HTTPProblem(.conflict, "The schedule has just run, or was cancelled: read it again.")
                }
                try ledger.noteSchedules()
                return try API.Schedule(schedule, in: ledger)
            }
        }
        await self.context.bridge.posts.schedules.wakeAll()
        return stored
    }

    private func cancel(_ call: PlainCall) async throws -> HTTPServerResponse {
        let schedule = try await self.own(call.id, of: try call.person())
        guard try await self.context.store.write({ ledger in try ledger.deleteSchedule(schedule.id) }) else {
            throw Problems.missing("schedule")
        }
        return HTTPServerResponse(.noContent)
    }

    private func own(_ id: String, of principal: Principal) async throws -> Schedule {
        let schedule = try await self.context.store.read { ledger in try ledger.schedule(id) }
        guard let schedule, principal.identities.contains(schedule.person) else { throw Problems.missing("schedule") }
        return schedule
    }

    /// The zone with this name, else the person's.
    private func zone(_ name: String?, of principal: Principal) async throws -> Zone {
        let person = principal.identity
        let chosen =
            if let name { name } else {
                try await self.context.store.read { ledger in try ledger.preferences(of: person).zone }
            }
        guard let chosen else { return .ofHost }
        return try await self.solved {
            guard let zone = Zone(chosen) else { throw ScheduleProblem.zone(chosen) }
            return zone
        }
    }

    /// Problems as answers, with commands as they are typed in the web chat.
    private func solved<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let problem as ScheduleProblem {
            throw HTTPProblem(HTTPStatus(422), CommandSign(WebAdapter.sign).completing(problem.text))
        }
    }
}

extension API.Schedule {
    fileprivate init(_ schedule: Schedule, in ledger: Ledger) throws {
        let local = schedule.nextAt.map { schedule.zone.local($0) }
        let once = local.map { "\($0.date) \($0.clock.prefix(5))" } ?? ""
        self.init(
            id: schedule.id, threadID: schedule.session,
            title: try ledger.session(id: schedule.session)?.shownTitle ?? "", kind: schedule.kind,
            schedule: schedule.rule == .once ? once : schedule.rule.text, zone: schedule.zone.name, text: schedule.text,
            nextAt: schedule.nextAt.map { Timestamp(milliseconds: $0) },
            lastAt: schedule.lastAt.map { Timestamp(milliseconds: $0) },
            createdAt: Timestamp(milliseconds: schedule.createdAt))
    }
}
