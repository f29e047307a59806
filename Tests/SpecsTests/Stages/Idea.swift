/// An idea for a feature, and the documents that a good model would write about it.
struct Idea: Sendable, CustomStringConvertible {
    /// What a person types.
    let text: String
    let title: String
    /// What people do, in the idea's language; each is a story.
    let stories: [String]
    /// What must hold, in the idea's language.
    let requirements: [String]

    var description: String { self.title }

    init(_ text: String, _ title: String, _ stories: [String], _ requirements: [String]) {
        self.text = text
        self.title = title
        self.stories = stories
        self.requirements = requirements
    }

    func spec(_ name: String) -> String {
        let stories = self.stories.enumerated().map { index, story in
            """
            ### User Story \(index + 1) - \(story) (Priority: P\(index + 1))

            \(story).

            **Why this priority**: \(self.title).

            **Independent Test**: \(story).

            **Acceptance Scenarios**:

            1. **Given** \(self.title), **When** \(story), **Then** \(self.requirements[index % self.requirements.count])

            """
        }
        return """
            # Feature Specification: \(self.title)

            **Feature Branch**: `\(name)`

            ## User Scenarios & Testing *(mandatory)*

            \(stories.joined(separator: "\n"))
            ### Edge Cases

            - \(self.title): 0, 1, 10,000

            ## Requirements *(mandatory)*

            ### Functional Requirements

            \(self.requirements.enumerated().map { "- **FR-00\($0 + 1)**: \($1)" }.joined(separator: "\n"))

            ## Success Criteria *(mandatory)*

            ### Measurable Outcomes

            - **SC-001**: 95 % – \(self.title)

            ## Assumptions

            - \(self.title)
            """
    }

    func plan(_ name: String) -> String {
        """
        === plan.md ===
        # Implementation Plan: \(self.title)

        **Branch**: `\(name)` | **Date**: 2026-11-20 | **Spec**: [spec.md](spec.md)

        ## Summary

        \(self.stories[0]).

        ## Technical Context

        **Language/Version**: Swift 6

        **Primary Dependencies**: N/A

        **Storage**: SQLite

        **Testing**: Swift Testing

        ## Constitution Check

        - \(self.title)

        ## Project Structure

        ```text
        Sources/
        └── App/
        research.md
        ```

        **Structure Decision**: Sources/App

        === research.md ===
        # Research: \(self.title)

        ## \(self.stories[0])

        **Decision**: SQLite

        **Rationale**: \(self.title)

        **Alternatives considered**: PostgreSQL

        === data-model.md ===
        # Data Model: \(self.title)

        ## \(self.title)

        | Field | Type | Rules |
        |-------|------|-------|
        | id | Int | unique |

        === contracts/http.md ===
        # Contract: HTTP

        `GET /\(name)`: 200

        === quickstart.md ===
        # Quickstart: \(self.title)

        1. `swift run`
        """
    }

    func tasks(_ name: String) -> String {
        var number = 3
        var phases: [String] = []
        for (index, story) in self.stories.enumerated() {
            let ids = self.requirements.indices.filter { $0 % self.stories.count == index }.map { "FR-00\($0 + 1)" }
            let test = "T00\(number)"
            let work = "T00\(number + 1)"
            number += 2
            phases.append(
                """
                ## Phase \(index + 3): User Story \(index + 1) - \(story) (Priority: P\(index + 1))

                - [ ] \(test) [P] [US\(index + 1)] \(story): Tests/AppTests/Story\(index + 1)Tests.swift
                - [ ] \(work) [US\(index + 1)] \(story): Sources/App/Story\(index + 1).swift (\(ids.joined(separator: ", ")); depends on \(test))

                """)
        }
        return """
            # Tasks: \(self.title)

            **Input**: Design documents from `/specs/\(name)/`

            ## Phase 1: Setup

            - [ ] T001 \(self.title): Package.swift

            ## Phase 2: Foundational

            - [ ] T002 \(self.title): Sources/App/Store.swift

            \(phases.joined(separator: "\n"))
            ## Dependencies & Execution Order

            - **Phase 2** depends on Phase 1
            """
    }

    func checklist(_ name: String) -> String {
        """
        # Security Checklist: \(self.title)

        **Purpose**: \(self.title)
        **Created**: 2026-11-20
        **Feature**: [spec.md](../spec.md)

        ## \(self.title)

        \(self.requirements.enumerated().map { "- [ ] CHK00\($0 + 1) \($1)? [Clarity, Spec §FR-00\($0 + 1)]" }.joined(separator: "\n"))
        """
    }

    var analysis: String {
        """
        | Severity | Where | Finding |
        |---|---|---|
        | LOW | spec.md FR-001 | \(self.requirements[0]) |
        | **HIGH** | plan.md | \(self.title) \\| \(self.stories[0]) |
        """
    }
}

extension Idea {
    /// Languages of several scripts, two of them written from right to left.
    static let all: [Idea] = [
        Idea(
            "a login page", "Login Page", ["Sign in", "Sign out"],
            ["System MUST let people sign in", "System MUST let people sign out"]),
        Idea("people share shopping lists", "Shared Lists", ["Share a list"], ["System MUST share lists by a link"]),
        Idea(
            "export reports as CSV", "Report Export", ["Export a report", "Choose columns"],
            ["System MUST write CSV", "System MUST keep the columns", "System MUST escape commas"]),
        Idea(
            "remind the team of birthdays", "Birthday Reminders", ["Enter a birthday", "Be reminded"],
            ["System MUST store birthdays", "System MUST remind at 9:00"]),
        Idea(
            "vote on proposals", "Votes", ["Propose", "Vote", "See the result"],
            ["System MUST take proposals", "System MUST count votes once"]),
        Idea(
            "search the archive", "Archive Search", ["Search", "Filter by date"],
            ["System MUST find words", "System MUST rank hits"]),
        Idea("dark mode for the website", "Dark Mode", ["Switch the colours"], ["System MUST remember the choice"]),
        Idea(
            "upload photos with tags", "Photo Upload", ["Upload", "Tag"],
            ["System MUST take 20 MB", "System MUST store tags"]),
        Idea(
            "book meeting rooms", "Room Booking", ["Book a room", "Cancel it"],
            ["System MUST refuse double bookings", "System MUST free a cancelled room"]),
        Idea(
            "API keys with scopes", "API Keys", ["Create a key", "Revoke a key"],
            ["System MUST show a key once", "System MUST refuse revoked keys"]),
        Idea(
            "a to-do list with due dates", "Due Dates", ["Set a date", "See what is late"],
            ["System MUST sort by date", "System MUST mark late entries"]),
        Idea(
            "two-factor sign-in", "Two-Factor Sign-In", ["Register a device", "Sign in with it"],
            ["System MUST verify codes", "System MUST offer recovery codes"]),
        Idea(
            "invoice PDFs by mail", "Invoice Mail", ["Send an invoice"],
            ["System MUST attach a PDF", "System MUST log the delivery"]),
        Idea(
            "a public status page", "Status Page", ["See the status", "Subscribe"],
            ["System MUST show incidents", "System MUST mail subscribers"]),
        Idea(
            "chat messages with reactions", "Reactions", ["React", "Take it back"],
            ["System MUST count reactions", "System MUST show who reacted"]),
        Idea(
            "Ein Kalender für das Team mit Erinnerungen", "Teamkalender", ["Termin eintragen", "Erinnert werden"],
            ["Das System MUSS Termine speichern", "Das System MUSS rechtzeitig erinnern"]),
        Idea(
            "Une page pour réserver des tables", "Réservation de tables", ["Réserver une table", "Annuler"],
            ["Le système DOIT refuser les doublons", "Le système DOIT confirmer par courriel"]),
        Idea(
            "Una lista de la compra compartida", "Lista compartida", ["Compartir la lista"],
            ["El sistema DEBE avisar a todos"]),
        Idea(
            "Uma página de boletins escolares", "Boletins", ["Ver as notas", "Imprimir"],
            ["O sistema DEVE mostrar as notas", "O sistema DEVE imprimir"]),
        Idea("Strona do głosowania", "Głosowanie", ["Oddać głos"], ["System MUSI liczyć głosy raz"]),
        Idea(
            "Система напоминаний о встречах", "Напоминания", ["Создать встречу", "Получить напоминание"],
            ["Система ДОЛЖНА хранить встречи", "Система ДОЛЖНА напоминать"]),
        Idea("Σελίδα κρατήσεων", "Κρατήσεις", ["Κράτηση"], ["Το σύστημα ΠΡΕΠΕΙ να αποθηκεύει"]),
        Idea("共有の買い物リスト", "買い物リスト", ["リストを共有する", "項目を消す"], ["システムはリストを保存する", "システムは変更を知らせる"]),
        Idea("团队投票页面", "投票", ["发起投票", "投票"], ["系统必须只计一次", "系统必须显示结果"]),
        Idea("회의실 예약", "회의실 예약", ["예약하기"], ["시스템은 중복 예약을 거부해야 한다"]),
        Idea(
            "صفحة لتسجيل الدخول", "تسجيل الدخول", ["تسجيل الدخول", "تسجيل الخروج"],
            ["يجب أن يسجل النظام الدخول", "يجب أن يحفظ النظام الجلسة"]),
        Idea("דף הזמנות למסעדה", "הזמנות", ["להזמין שולחן"], ["המערכת חייבת לאשר הזמנה"]),
        Idea(
            "صفحه ثبت نام", "ثبت نام", ["ثبت نام", "ویرایش"],
            ["سامانه باید ایمیل را بررسی کند", "سامانه باید تغییر را ذخیره کند"]),
        Idea("मतदान पृष्ठ", "मतदान", ["मत देना"], ["प्रणाली को मत गिनने होंगे"]),
        Idea("หน้าจองห้องประชุม", "จองห้อง", ["จองห้อง"], ["ระบบต้องปฏิเสธการจองซ้ำ"]),
        Idea("Trang đặt bàn", "Đặt bàn", ["Đặt bàn", "Huỷ"], ["Hệ thống PHẢI xác nhận", "Hệ thống PHẢI huỷ được"]),
        Idea("emoji 🎉 party planner 👨‍👩‍👧", "Party 🎉 Planner", ["Plan a party 🎉"], ["System MUST invite guests 👨‍👩‍👧"]),
    ]
}
