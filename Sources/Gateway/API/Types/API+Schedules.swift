internal import Schedules
internal import Schemas

extension API {
    struct Schedule: Fact {
        let id: String
        let threadID: String
        /// The thread's.
        let title: String
        let kind: Schedules.Schedule.Kind
        let schedule: String
        let zone: String
        let text: String
        let nextAt: Timestamp?
        let lastAt: Timestamp?
        let createdAt: Timestamp

        static let notes: Notes<Self> = [
            \.title: "The thread's.",
            \.kind: "`turn` asks the text in the thread, with your rights at that time; `remind` only posts it.",
            \.schedule: "`every day 09:00`, `on push main`, …; the local time of one that runs once.",
            \.zone: "The time zone of its times, such as Europe/Berlin.",
            \.nextAt: "Null while it waits for an event.",
        ]
    }

    struct NewSchedule: Fact {
        let threadID: String
        let schedule: String
        let text: String
        let kind: Schedules.Schedule.Kind?
        let zone: String?

        static let notes: Notes<Self> = [
            \.threadID: "A thread of the web chat.",
            \.schedule: MemberNote(
                "As after the commands: `every weekday 09:00`, `on push main`, `in 20m`, `2026-12-24 18:00`.",
                minLength: 1,
                maxLength: 500),
            \.text: MemberNote("At most 4,000 bytes.", minLength: 1, maxLength: Schedules.Schedule.textLimit),
            \.kind: "By default `turn` for what runs again and again or at an event, else `remind`.",
            \.zone: MemberNote("By default yours.", minLength: 1, maxLength: 64),
        ]
    }

    struct ScheduleChange: ChangeDocument {
        let schedule: Change<String>
        let text: Change<String>
        let zone: Change<String>

        static let notes: Notes<Self> = [
            \.schedule: MemberNote(minLength: 1, maxLength: 500),
            \.text: MemberNote(minLength: 1, maxLength: Schedules.Schedule.textLimit),
            \.zone: MemberNote("Null for yours.", minLength: 1, maxLength: 64),
        ]
    }
}

extension Schedules.Schedule.Kind: WordChoice {}
