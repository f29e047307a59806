import Processes
import TestSupport
import Testing

/// Tests the stand-in with common bot libraries: what they accept as a message, an update or an error matches the real
/// Bot API.
@Suite("python-telegram-bot and aiogram against Telegram on loopback", .timeLimit(.minutes(3)))
struct TelegramClientsTests {
    private static func run(_ script: String, _ telegram: LoopbackTelegram, mode: String) async throws -> String {
        let result = try await PythonClients.chats.run(
            ["-c", script, telegram.apiURL, telegram.token, mode], environment: ["PYTHONWARNINGS": "ignore"])
        return result.status == .exited(0) ? result.text : result.text + result.errorText
    }

    /// The libraries, and how they get updates.
    private static let ways = [
        ("python-telegram-bot", "polling"), ("python-telegram-bot", "webhook"), ("aiogram", "polling"),
        ("aiogram", "webhook"),
    ]

    @Test("a library bot talks, edits, shows buttons, reads files, and recognises the errors", arguments: Self.ways)
    func bot(_ library: String, _ mode: String) async throws {
        try await TelegramBench.run { _, telegram in
            let (ada, forum) = (TelegramBench.ada, TelegramBench.forum)
            async let ended = Self.run(
                library == "aiogram" ? Self.aiogram : Self.pythonTelegramBot, telegram, mode: mode)
            let talk = Task {
                telegram.say("/start", as: ada, in: ada)
                try await telegram.wait { $0.shownByBot(in: ada).count == 1 }
                let keyboard = telegram.shownByBot(in: ada)[0]
                expectEqual(keyboard.markup, "<b>Choose</b>")
                let query = try #require(telegram.press("Yes", on: keyboard.id, as: ada, in: ada))
                try await telegram.wait { $0.shownByBot(in: ada)[0].text == "chose y" }
                try await telegram.wait { $0.answer(to: query) == TelegramCallbackAnswer(text: "ok", isAlert: true) }
                #expect(telegram.shownByBot(in: ada)[0].buttons.isEmpty)

                telegram.upload(.document("note.txt", Array("hello".utf8)), caption: "up", as: ada, in: ada)
                try await telegram.wait { $0.shownByBot(in: ada).count == 2 }
                let file = telegram.shownByBot(in: ada)[1]
                expectEqual(file.bytes, Array("HELLO".utf8))
                #expect(file.fileName == "loud.txt" && file.text == "here")

                let topic = telegram.makeTopic("Work", as: ada, in: forum)
                let question = telegram.say("/topic", as: ada, in: forum, topic: topic)
                try await telegram.wait { $0.shownByBot(in: forum).count == 1 }
                let answer = telegram.shownByBot(in: forum)[0]
                #expect(answer.isTopic && answer.thread == topic && answer.replyTo == question)
                telegram.react("👍", to: answer.id, as: ada, in: forum)
                try await telegram.wait { $0.shown(answer.id, in: forum)?.text == "got 👍" }
                expectEqual(telegram.shown(question, in: forum)?.reactions[telegram.botID], ["👀"])

                telegram.inject(.flood(retryAfter: 3), at: "sendChatAction")
                telegram.inject(.badGateway, at: "sendDocument")
                let new = telegram.migrate(TelegramBench.group, by: ada)
                telegram.say("/errors \(TelegramBench.group) \(new)", as: ada, in: ada)
                try await telegram.wait { $0.shownByBot(in: ada).last?.text == "errors are as expected" }
                telegram.say("/quit", as: ada, in: ada)
            }
            let text = try await ended
            if text != "all passed\n" { talk.cancel() }
            expectEqual(text, "all passed\n")
            try await talk.value
            expectEqual(telegram.commands(), ["start", "quit"])
            #expect(telegram.pings.isEmpty)
        }
    }

    private static let pythonTelegramBot = #"""
        import asyncio, sys, traceback
        import telegram
        from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, Update
        from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter
        from telegram.ext import (ApplicationBuilder, CallbackQueryHandler, CommandHandler, MessageHandler,
                                  MessageReactionHandler, filters)

        base, token, mode = sys.argv[1:]
        app = ApplicationBuilder().token(token).base_url(base + "/bot").base_file_url(base + "/file/bot").build()
        done = asyncio.Event()
        failures = []

        async def start(update, context):
            keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
            await update.message.reply_text(
                "Choose", entities=[MessageEntity("bold", 0, 6)], reply_markup=keyboard)

        async def pressed(update, context):
            await update.callback_query.answer("ok", show_alert=True)
            await update.callback_query.edit_message_text("chose " + update.callback_query.data)

        async def document(update, context):
            file = await update.message.document.get_file()
            text = bytes(await file.download_as_bytearray()).decode()
            await update.message.reply_document(text.upper().encode(), filename="loud.txt", caption="here")

        async def topic(update, context):
            message = update.message
            assert message.is_topic_message and message.reply_to_message.forum_topic_created.name == "Work"
            await message.set_reaction("👀")
            await message.reply_text("in the topic", do_quote=True)

        async def reaction(update, context):
            change = update.message_reaction
            await context.bot.edit_message_text(
                "got " + change.new_reaction[0].emoji, change.chat.id, change.message_id)

        async def raises(kind, call, words=""):
            try:
                await call
            except kind as error:
                assert words.lower() in str(error).lower(), error
                return error
            raise AssertionError(f"{kind} was not raised")

        async def errors(update, context):
            bot, me = context.bot, update.message.chat.id
            old, new = map(int, context.args)
            await raises(BadRequest, bot.send_message(me, " "), "text must be non-empty")
            await raises(BadRequest, bot.send_message(me, "x" * 4097), "message is too long")
            await raises(BadRequest, bot.send_message(-5, "x"), "chat not found")
            await raises(BadRequest, bot.send_message(me, "x", reply_to_message_id=9999), "replied not found")
            sent = await bot.send_message(me, "same")
            await raises(BadRequest, sent.edit_text("same"), "message is not modified")
            assert (await sent.edit_text("other")).edit_date
            assert await sent.delete()
            await raises(BadRequest, sent.delete(), "message to delete not found")
            await raises(BadRequest, bot.set_message_reaction(me, update.message.message_id, "✅"), "reaction_invalid")
            assert (await raises(ChatMigrated, bot.send_message(old, "x"))).new_chat_id == new
            flood = await raises(RetryAfter, bot.send_chat_action(me, "typing"))
            assert int(getattr(flood.retry_after, "total_seconds", lambda: flood.retry_after)()) == 3
            await raises(NetworkError, bot.send_document(me, b"x", filename="x.bin"))
            chat = await bot.get_chat(new)
            assert chat.type == "supergroup" and chat.title == "Small"
            assert (await bot.get_chat_member(new, bot.id)).status == "member"
            assert await bot.set_my_commands([("start", "begins"), ("quit", "ends")])
            assert [c.command for c in await bot.get_my_commands()] == ["start", "quit"]
            await bot.send_message(me, "errors are as expected")

        async def quit(update, context):
            done.set()

        async def failed(update, context):
            failures.append("".join(traceback.format_exception(context.error)))
            done.set()

        for name, handler in [("start", start), ("topic", topic), ("errors", errors), ("quit", quit)]:
            app.add_handler(CommandHandler(name, handler))
        app.add_handler(CallbackQueryHandler(pressed))
        app.add_handler(MessageHandler(filters.Document.ALL, document))
        app.add_handler(MessageReactionHandler(reaction))
        app.add_error_handler(failed)

        async def hook():
            from aiohttp import web
            async def take(request):
                if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != "s3cret":
                    return web.Response(status=403)
                await app.update_queue.put(Update.de_json(await request.json(), app.bot))
                return web.Response()
            server = web.Application()
            server.router.add_post("/hook", take)
            runner = web.AppRunner(server)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = site._server.sockets[0].getsockname()[1]
            await app.bot.set_webhook(
                f"http://127.0.0.1:{port}/hook", secret_token="s3cret", allowed_updates=Update.ALL_TYPES)
            return runner

        async def main():
            async with app:
                await app.start()
                assert app.bot.username == "JetbridgeBot" and not app.bot.can_read_all_group_messages
                if mode == "webhook":
                    runner = await hook()
                else:
                    await app.updater.start_polling(allowed_updates=Update.ALL_TYPES)
                await done.wait()
                if mode == "webhook":
                    assert (await app.bot.get_webhook_info()).url.endswith("/hook")
                    await app.bot.delete_webhook()
                    await runner.cleanup()
                else:
                    await app.updater.stop()
                await app.stop()
            assert not failures, failures[0]
            print("all passed")

        asyncio.run(main())
        """#

    private static let aiogram = #"""
        import asyncio, sys, traceback
        from aiogram import Bot, Dispatcher, F
        from aiogram.client.session.aiohttp import AiohttpSession
        from aiogram.client.telegram import TelegramAPIServer
        from aiogram.exceptions import (TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat,
                                        TelegramRetryAfter, TelegramServerError)
        from aiogram.filters import Command, CommandObject
        from aiogram.types import (BotCommand, BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup,
                                   MessageEntity, ReactionTypeEmoji)

        base, token, mode = sys.argv[1:]
        bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))
        dp = Dispatcher()
        done = asyncio.Event()
        failures = []

        @dp.message(Command("start"))
        async def start(message):
            keyboard = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Yes", callback_data="y")]])
            bold = MessageEntity(type="bold", offset=0, length=6)
            await message.answer("Choose", entities=[bold], reply_markup=keyboard)

        @dp.callback_query()
        async def pressed(query):
            await query.answer("ok", show_alert=True)
            await query.message.edit_text("chose " + query.data)

        @dp.message(F.document)
        async def document(message):
            text = (await bot.download(message.document)).read().decode()
            file = BufferedInputFile(text.upper().encode(), "loud.txt")
            await message.answer_document(file, caption="here")

        @dp.message(Command("topic"))
        async def topic(message):
            assert message.is_topic_message and message.reply_to_message.forum_topic_created.name == "Work"
            await message.react([ReactionTypeEmoji(emoji="👀")])
            await message.reply("in the topic")

        @dp.message_reaction()
        async def reaction(change):
            await bot.edit_message_text(
                "got " + change.new_reaction[0].emoji, chat_id=change.chat.id, message_id=change.message_id)

        async def raises(kind, call, words=""):
            try:
                await call
            except kind as error:
                assert words.lower() in str(error).lower(), error
                return error
            raise AssertionError(f"{kind} was not raised")

        @dp.message(Command("errors"))
        async def errors(message, command: CommandObject):
            me = message.chat.id
            old, new = map(int, command.args.split())
            bad = TelegramBadRequest
            await raises(bad, bot.send_message(me, " "), "text must be non-empty")
            await raises(bad, bot.send_message(me, "x" * 4097), "message is too long")
            await raises(bad, bot.send_message(-5, "x"), "chat not found")
            sent = await bot.send_message(me, "same")
            await raises(bad, sent.edit_text("same"), "message is not modified")
            assert (await sent.edit_text("other")).edit_date
            assert await sent.delete()
            await raises(bad, sent.delete(), "message to delete not found")
            wrong = [ReactionTypeEmoji(emoji="✅")]
            await raises(bad, bot.set_message_reaction(me, message.message_id, wrong), "reaction_invalid")
            assert (await raises(TelegramMigrateToChat, bot.send_message(old, "x"))).migrate_to_chat_id == new
            assert (await raises(TelegramRetryAfter, bot.send_chat_action(me, "typing"))).retry_after == 3
            # A page instead of JSON: aiogram cannot parse it and raises one of several errors.
            await raises(Exception, bot.send_document(me, BufferedInputFile(b"x", "x.bin")))
            chat = await bot.get_chat(new)
            assert chat.type == "supergroup" and chat.title == "Small"
            assert (await bot.get_chat_member(new, bot.id)).status == "member"
            commands = [BotCommand(command="start", description="begins"), BotCommand(command="quit", description="ends")]
            assert await bot.set_my_commands(commands)
            assert [c.command for c in await bot.get_my_commands()] == ["start", "quit"]
            assert await bot.send_message_draft(me, 7, text="so far", can_stop=True)
            await raises(bad, bot.send_message_draft(new, 7, text="so far"), "TEXTDRAFT_PEER_INVALID")
            await bot.send_message(me, "errors are as expected")

        @dp.message(Command("quit"))
        async def quit(message):
            done.set()

        @dp.errors()
        async def failed(event):
            failures.append("".join(traceback.format_exception(event.exception)))
            done.set()

        async def hook():
            from aiohttp import web
            from aiogram.webhook.aiohttp_server import SimpleRequestHandler
            server = web.Application()
            SimpleRequestHandler(dp, bot, secret_token="s3cret").register(server, path="/hook")
            runner = web.AppRunner(server)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = site._server.sockets[0].getsockname()[1]
            await bot.set_webhook(
                f"http://127.0.0.1:{port}/hook", secret_token="s3cret",
                allowed_updates=dp.resolve_used_update_types())
            return runner

        async def main():
            if mode == "webhook":
                runner = await hook()
                await done.wait()
                assert (await bot.get_webhook_info()).url.endswith("/hook")
                await bot.delete_webhook()
                await runner.cleanup()
            else:
                polling = asyncio.create_task(dp.start_polling(
                    bot, handle_signals=False, allowed_updates=dp.resolve_used_update_types()))
                await done.wait()
                await dp.stop_polling()
                await polling
            await bot.session.close()
            assert not failures, failures[0]
            print("all passed")

        asyncio.run(main())
        """#
}
