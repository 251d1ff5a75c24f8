/** Answers what a {@link Child} is asked, and ends this process when nobody is left to ask. */
export function answerParent(answer: (question: never) => unknown): void {
  process.on('message', async (question) => {
    process.send?.((await answer(question as never)) ?? null)
  })
  process.once('disconnect', () => process.exit())
}
