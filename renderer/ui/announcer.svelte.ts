/** What a screen reader is told outside of focus. One sentence at a time; a repeated sentence is spoken again. */
class Announcer {
  polite = $state('');
  urgent = $state('');
  #turn = false;

  say(sentence: string, urgency: 'polite' | 'urgent'): void {
    // Screen readers skip a live region whose text did not change, so every second announcement ends in a zero-width space.
    this.#turn = !this.#turn;
    const spoken = this.#turn ? sentence : `${sentence}\u200b`;
    if (urgency === 'urgent') this.urgent = spoken;
    else this.polite = spoken;
  }
}

export const announcer = new Announcer();

export const announce = (sentence: string, urgency: 'polite' | 'urgent' = 'polite'): void =>
  announcer.say(sentence, urgency);
