const TICK_MILLISECONDS = 1000;
const SOON_SECONDS = 60;

/** Shows what is left until a deadline, and calls `due` each second from then on. */
export class Countdown {
  constructor(
    private readonly element: HTMLElement,
    private readonly deadline: () => number | undefined,
    private readonly due: () => void,
  ) {
    setInterval(() => this.tick(), TICK_MILLISECONDS);
  }

  show(): void {
    const deadline = this.deadline();
    this.element.hidden = deadline === undefined;
    if (deadline === undefined) return;
    const left = Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
    const minutes = Math.floor(left / 60);
    this.element.textContent = `Ends in ${minutes}:${String(left % 60).padStart(2, "0")} without a message`;
    this.element.classList.toggle("soon", left <= SOON_SECONDS);
  }

  private tick(): void {
    this.show();
    const deadline = this.deadline();
    if (deadline !== undefined && deadline <= Date.now()) this.due();
  }
}
